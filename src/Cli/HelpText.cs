using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Sallyport.Cli;

/// <summary>Adds examples and exit codes to what System.CommandLine says about a command.</summary>
internal static class HelpText
{
    /// <summary>Fixed, so that the help is the same everywhere and can be compared with the documentation.</summary>
    private const int Width = 110;

    private static readonly int[] CommonExitCodes = [ExitCode.Usage, ExitCode.Internal, ExitCode.Interrupted];

    public static void Install(Command root)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new Action((HelpAction)option.Action!);
    }

    /// <summary>Writes a command's help.</summary>
    public static void Write(Command command, TextWriter output) => command.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = output });

    /// <summary>The words that lead to a command, e.g. <c>sallyport approvals list</c>.</summary>
    public static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;

    private sealed class Action : SynchronousCommandLineAction
    {
        private readonly HelpAction _inner;

        public Action(HelpAction inner)
        {
            _inner = inner;
            _inner.MaxWidth = Width;
        }

        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            _inner.Invoke(parseResult);
            if (parseResult.CommandResult.Command is CliCommand command)
            {
                WriteMore(command, parseResult.InvocationConfiguration.Output);
            }

            return ExitCode.Done;
        }

        private static void WriteMore(CliCommand command, TextWriter output)
        {
            if (command.Json.Length > 0)
            {
                output.WriteLine("JSON:");
                output.WriteLine($"  {command.Json}");
                output.WriteLine();
            }

            if (command.Examples.Count > 0)
            {
                output.WriteLine("Examples:");
                foreach (var example in command.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            if (command.Subcommands.Count == 0)
            {
                output.WriteLine("Exit codes:");
                foreach (var (code, meaning) in command.ExitCodes.Concat(CommonExitCodes.Select(code => KeyValuePair.Create(code, ExitCode.Meaning(code)))))
                {
                    output.WriteLine($"  {code,3}  {meaning}");
                }

                output.WriteLine();
            }
        }
    }
}
