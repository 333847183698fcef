using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>notifications:</c>.</summary>
internal static partial class NotificationsBinder
{
    public const int MaxChannels = 20;
    public const int MaxRecipients = 20;

    private const int SubmissionPort = 587;

    private static readonly Dictionary<string, NotificationKind> Kinds = new(StringComparer.Ordinal)
    {
        ["webhook"] = NotificationKind.Webhook,
        ["slack"] = NotificationKind.Slack,
        ["teams"] = NotificationKind.Teams,
        ["smtp"] = NotificationKind.Smtp,
    };

    private static readonly Dictionary<string, NotificationEvents> Events = new(StringComparer.Ordinal)
    {
        ["approval"] = NotificationEvents.Approval,
        ["access"] = NotificationEvents.Access,
        ["break-glass"] = NotificationEvents.BreakGlass,
    };

    public static ImmutableArray<NotificationConfiguration> Bind(Section root, Binding binding)
    {
        var channels = ImmutableArray.CreateBuilder<NotificationConfiguration>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("notifications"))
        {
            section.Require("name");
            section.Require("kind");
            var name = RuleBinder.Name(section) ?? "";
            var channel = section.Choice("kind", Kinds) is { } kind ? BindOne(section, binding, name, kind) : null;
            if (channel is null)
            {
                continue;
            }
            section.Finish();
            if (name.Length > 0 && !names.Add(name))
            {
                section.Problem("name", $"notification {name} stands here a second time", "give each its own name");
            }
            channels.Add(channel);
        }
        if (channels.Count > MaxChannels)
        {
            root.Problem("notifications", $"there are more than {MaxChannels} notifications", "remove some");
        }
        return channels.ToImmutable();
    }

    private static NotificationConfiguration BindOne(Section section, Binding binding, string name, NotificationKind kind)
    {
        var channel = new NotificationConfiguration
        {
            Name = name,
            Kind = kind,
            Events = EventsOf(section),
            AuthorityFile = binding.ReadableFile(section, "ca"),
        };
        if (kind == NotificationKind.Smtp)
        {
            return channel with { Mail = Mail(section, binding) };
        }
        section.Require("url");
        var address = binding.Secret(section, "url");
        if (address is not null && !IsAddress(address))
        {
            section.Problem("url", "url does not lead to an address that can be posted to", "put https://... there; http:// only for this machine");
        }
        if (kind != NotificationKind.Webhook)
        {
            return channel with { Address = address };
        }
        section.Require("secret");
        return channel with { Address = address, Secret = binding.Secret(section, "secret") };
    }

    private static NotificationEvents EventsOf(Section section)
    {
        var events = NotificationEvents.None;
        foreach (var text in section.Texts("events"))
        {
            if (Events.TryGetValue(text.Value, out var known))
            {
                events |= known;
            }
            else
            {
                section.Problems.Add(text.Line, $"event {text.Value} does not exist", Spelling.Remedy(text.Value, Events.Keys));
            }
        }
        return events == NotificationEvents.None ? NotificationEvents.All : events;
    }

    private static MailConfiguration Mail(Section section, Binding binding)
    {
        section.Require("from");
        section.Require("to");
        var (host, port) = Server(section);
        var mail = new MailConfiguration
        {
            Host = host,
            Port = port,
            From = section.Text("from") ?? "",
            To = section.Names("to"),
            User = section.Text("user") ?? "",
            Password = binding.Secret(section, "password"),
            WithoutTls = section.Flag("withoutTls") ?? false,
        };
        if (mail.To.Length > MaxRecipients)
        {
            section.Problem("to", $"to has more than {MaxRecipients} addresses", "write to a list");
        }
        foreach (var address in mail.To.Add(mail.From).Where(address => address.Length > 0 && !MailAddress.IsMatch(address)))
        {
            section.Problem(address == mail.From ? "from" : "to", $"{address} is not a mail address", "write the bare address, such as reviewers@clinic.example");
        }
        if ((mail.User.Length > 0) != section.Has("password"))
        {
            section.Problem("user", "user and password belong together", "give both or neither");
        }
        if (mail.WithoutTls && (mail.User.Length > 0 || !IsThisMachine(host)))
        {
            section.Problem("withoutTls", "withoutTls is for a server on this machine that asks for no password", "remove it: the gateway then uses STARTTLS");
        }
        return mail;
    }

    private static (string Host, int Port) Server(Section section)
    {
        section.Require("server");
        if (section.Text("server") is not { } server)
        {
            return ("", SubmissionPort);
        }
        if (Uri.TryCreate($"smtp://{server}", UriKind.Absolute, out var address) && address is { Host.Length: > 0, PathAndQuery: "/" or "", UserInfo: "" })
        {
            return (address.IdnHost, address.IsDefaultPort || address.Port < 0 ? SubmissionPort : address.Port);
        }
        section.Problem("server", "server is not HOST or HOST:PORT", "write it such as mail.clinic.example:587");
        return ("", SubmissionPort);
    }

    private static bool IsAddress(SecretSource source) =>
        Uri.TryCreate(source.Read(), UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && IsThisMachine(address.Host)));

    internal static bool IsThisMachine(string host) => host is "localhost" or "127.0.0.1" or "::1" or "[::1]";

    [GeneratedRegex(@"\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex MailAddress { get; }
}
