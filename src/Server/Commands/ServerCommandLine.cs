using System.CommandLine;

namespace Sallyport.Server.Commands;

/// <summary>The command line of the server: <c>run</c>, which is also what happens without a command, and <c>check</c>.</summary>
internal static class ServerCommandLine
{
    public static readonly ParserConfiguration Parser = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    public static RootCommand Create()
    {
        var root = new RootCommand("Sallyport's gateway: guards databases for AI agents. Without a command it runs.");
        RunCommand.AddTo(root);
        root.Subcommands.Add(RunCommand.Create());
        root.Subcommands.Add(CheckCommand.Create());
        return root;
    }

    public static int ReportUsage(ParseResult parsed, TextWriter error)
    {
        foreach (var problem in parsed.Errors)
        {
            error.WriteLine(problem.Message);
        }
        error.WriteLine("Run `sallyport-server --help`.");
        return ExitCode.Usage;
    }
}
