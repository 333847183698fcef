using System.CommandLine;
using System.CommandLine.Parsing;
using Sallyport.Api;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.Commands;

/// <summary>The credential of a target's administrator: its password comes from a file or the environment, never from the command line.</summary>
internal sealed class AdminOptions
{
    private const string PasswordVariable = "SALLYPORT_ADMIN_PASSWORD";
    private const int MaxPasswordBytes = 4096;

    private readonly Option<string?> _user = new("--admin-user") { Description = "A role of the target that may do it.", HelpName = "NAME" };

    private readonly Option<string?> _file = new("--admin-password-file") { Description = $"Its password's file. Else {PasswordVariable}; neither where the target asks for none.", HelpName = "FILE" };

    public void AddTo(Command command, Func<CommandResult, bool> isNeeded)
    {
        command.Options.Add(_user);
        command.Options.Add(_file);
        command.Validators.Add(result =>
        {
            if (isNeeded(result) && string.IsNullOrEmpty(result.GetValue(_user)))
            {
                result.AddError("Name the administrator with --admin-user.");
            }
        });
    }

    public AdminCredential Read(ParseResult parsed, Surroundings surroundings)
    {
        var password = parsed.GetValue(_file) is { } file ? WithoutLineEnd(BoundedFile.ReadText(file, MaxPasswordBytes)) : surroundings.NonEmpty(PasswordVariable) ?? "";
        return new AdminCredential(parsed.GetRequiredValue(_user)!, password);
    }

    private static string WithoutLineEnd(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
