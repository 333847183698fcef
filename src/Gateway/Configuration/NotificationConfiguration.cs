using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>One place that is told when somebody waits for a person's decision.</summary>
public sealed record NotificationConfiguration
{
    public required string Name { get; init; }

    public required NotificationKind Kind { get; init; }

    /// <summary>What it is told of.</summary>
    public required NotificationEvents Events { get; init; }

    /// <summary>Where it posts, for every kind but mail: a web address, which may itself be the secret that allows posting.</summary>
    public SecretSource? Address { get; init; }

    /// <summary>Signs the posts of a webhook.</summary>
    public SecretSource? Secret { get; init; }

    /// <summary>PEM file of the authorities whose server certificates count; null for the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Only for mail.</summary>
    public MailConfiguration? Mail { get; init; }
}

/// <summary>How mail is handed to a server.</summary>
public sealed record MailConfiguration
{
    public required string Host { get; init; }

    public required int Port { get; init; }

    public required string From { get; init; }

    public required ImmutableArray<string> To { get; init; }

    /// <summary>Empty where the server takes mail without sign-in.</summary>
    public string User { get; init; } = "";

    public SecretSource? Password { get; init; }

    /// <summary>Whether STARTTLS is left out; only for a server on this machine, and never with a password.</summary>
    public bool WithoutTls { get; init; }
}

public enum NotificationKind
{
    /// <summary>A signed post (Standard Webhooks).</summary>
    Webhook,

    /// <summary>A message of Slack's incoming webhooks, which other chat servers take too.</summary>
    Slack,

    /// <summary>An Adaptive Card for Microsoft Teams.</summary>
    Teams,

    /// <summary>Mail.</summary>
    Smtp,
}

[Flags]
public enum NotificationEvents
{
    None = 0,

    /// <summary>A command waits for a decision.</summary>
    Approval = 1,

    /// <summary>Somebody asks for access.</summary>
    Access = 2,

    /// <summary>Somebody opened emergency access.</summary>
    BreakGlass = 4,

    All = Approval | Access | BreakGlass,
}
