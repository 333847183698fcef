using System.CommandLine;
using System.CommandLine.Parsing;
using Sallyport.Cli.SignIn;

namespace Sallyport.Cli.Commands;

/// <summary>The options that say which agent a token is for, and where the machine's own identity comes from.</summary>
internal sealed class AgentOptions
{
    private readonly Option<bool> _pipeline = new("--ci")
    {
        Description = $"The agent is this pipeline: the OIDC token of a GitHub job, or the one GitLab puts into {WorkloadTokens.PipelineVariable}.",
    };

    private readonly Option<bool> _kubernetes = new("--k8s") { Description = "The agent is this pod: its projected service account token." };

    private readonly Option<string?> _spiffe = new("--spiffe") { Description = "The agent is this workload: a JWT-SVID in a file.", HelpName = "FILE" };

    private readonly Option<string?> _tokenFile = new("--token-file") { Description = "The file of the service account token, where it is elsewhere.", HelpName = "FILE" };

    private readonly Option<string?> _subjectFile = new("--subject-token-file") { Description = "The token of the human the agent acts for, in a file.", HelpName = "FILE" };

    private readonly Option<string?> _agent = new("--agent") { Description = "The agent's name, on the word of the human who signs in; the gateway has to allow that.", HelpName = "NAME" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _pipeline, _kubernetes, _spiffe, _tokenFile, _subjectFile, _agent })
        {
            command.Options.Add(option);
        }

        command.Validators.Add(Check);
    }

    /// <summary>Whether a human has to be signed in for what was said.</summary>
    public bool NeedsHuman(ParseResult parsed) => parsed.GetValue(_agent) is not null && parsed.GetValue(_subjectFile) is null;

    /// <summary>What was said, or null when nothing was.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="gateway">Where tokens are exchanged.</param>
    /// <param name="audience">The audience to ask a pipeline's issuer for; null for the usual one.</param>
    public ExchangeSource? Read(ParseResult parsed, Uri gateway, string? audience)
    {
        var kind = KindOf(parsed);
        if (kind is null && parsed.GetValue(_agent) is null)
        {
            return null;
        }

        var file = parsed.GetValue(_spiffe) ?? parsed.GetValue(_tokenFile) ?? (kind is { } one ? WorkloadTokens.DefaultFile(one) : null);
        return new ExchangeSource
        {
            TokenEndpoint = GatewayExchange.EndpointOf(gateway),
            Workload = kind,
            WorkloadFile = file is null ? null : Path.GetFullPath(file),
            WorkloadAudience = audience,
            SubjectFile = parsed.GetValue(_subjectFile) is { } subject ? Path.GetFullPath(subject) : null,
            Agent = parsed.GetValue(_agent),
        };
    }

    public bool IsGiven(ParseResult parsed) => KindOf(parsed) is not null || parsed.GetValue(_agent) is not null;

    private WorkloadKind? KindOf(ParseResult parsed) => parsed.GetValue(_pipeline) ? WorkloadKind.Pipeline
        : parsed.GetValue(_kubernetes) ? WorkloadKind.Kubernetes
        : parsed.GetValue(_spiffe) is not null ? WorkloadKind.Spiffe
        : null;

    private void Check(CommandResult result)
    {
        var said = new[] { result.GetValue(_pipeline), result.GetValue(_kubernetes), result.GetValue(_spiffe) is not null, result.GetValue(_agent) is not null };
        if (said.Count(given => given) > 1)
        {
            result.AddError("An agent has one identity: give one of --ci, --k8s, --spiffe and --agent.");
        }

        if (result.GetValue(_tokenFile) is not null && !result.GetValue(_kubernetes))
        {
            result.AddError("--token-file goes with --k8s.");
        }

        if (result.GetValue(_subjectFile) is not null && !said.Contains(true))
        {
            result.AddError("--subject-token-file goes with --ci, --k8s, --spiffe or --agent.");
        }
    }
}
