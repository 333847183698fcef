using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class NotificationsBinderTests : IDisposable
{
    private const string Rest = SampleText.Grants + "notifications:";

    private readonly TemporaryFolder _folder = new();

    public NotificationsBinderTests()
    {
        File.WriteAllText(_folder.File("url"), "https://chat.example/hook/secret\n");
        File.WriteAllText(_folder.File("plain"), "http://chat.example/hook\n");
        File.WriteAllText(_folder.File("secret"), "s\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_kind_can_be_set()
    {
        var loaded = Load("""
              - {name: hook, kind: webhook, url: {file: url}, secret: {file: secret}, events: [access, break-glass]}
              - {name: chat, kind: slack, url: {file: url}}
              - {name: cards, kind: teams, url: {file: url}}
              - {name: mail, kind: smtp, server: "mail.clinic.example:2525", from: gateway@clinic.example, to: [a@clinic.example], user: gw, password: {file: secret}}
            """);
        Assert.DoesNotContain(loaded.Problems, problem => !problem.IsWarning);
        var all = loaded.Configuration!.Notifications;
        Assert.Equal(["hook", "chat", "cards", "mail"], all.Select(channel => channel.Name));
        Assert.Equal((NotificationEvents.Access | NotificationEvents.BreakGlass, NotificationEvents.All), (all[0].Events, all[1].Events));
        Assert.Equal(("mail.clinic.example", 2525, "gw"), (all[3].Mail!.Host, all[3].Mail!.Port, all[3].Mail!.User));
    }

    [Theory]
    [InlineData("{name: hook, kind: webhook, url: {file: url}}", "notifications[1].secret is missing")]
    [InlineData("{name: hook, kind: slack, url: https://chat.example}", "the url stands in the file itself, and whoever has it can post")]
    [InlineData("{name: hook, kind: slack, url: {file: plain}}", "url does not lead to an address that can be posted to")]
    [InlineData("{name: hook, kind: pager, url: {file: url}}", "notifications[1].kind cannot be \"pager\"")]
    [InlineData("{name: hook, kind: slack, url: {file: url}, events: [denied]}", "event denied does not exist")]
    [InlineData("{name: mail, kind: smtp, server: mail.example, from: g@clinic.example, to: ['a@clinic.example, b@x']}", "a@clinic.example, b@x is not a mail address")]
    [InlineData("{name: mail, kind: smtp, server: mail.example, from: g@clinic.example, to: [a@clinic.example], user: gw}", "user and password belong together")]
    [InlineData("{name: mail, kind: smtp, server: mail.example, from: g@clinic.example, to: [a@clinic.example], withoutTls: true}", "withoutTls is for a server on this machine that asks for no password")]
    [InlineData("{name: mail, kind: smtp, server: 'a b', from: g@clinic.example, to: [a@clinic.example]}", "server is not HOST or HOST:PORT")]
    public void What_cannot_be_done_is_a_problem(string entry, string problem) => Assert.Contains(Load("  - " + entry).Problems, p => p.Message == problem);

    private ConfigurationResult Load(string text)
    {
        File.WriteAllText(_folder.File("c.yaml"), $"{Rest}\n{text}\n");
        return ConfigurationLoader.Load(_folder.File("c.yaml"));
    }
}
