using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class NotificationFilterTests
{
    private static byte[] Body(string channel, string payload) => [0, 0, 0, 9, .. Encoding.UTF8.GetBytes($"{channel}\0{payload}\0")];

    [Fact]
    public void Only_payloads_that_passed_as_constants_are_known()
    {
        var filter = new NotificationFilter();
        filter.Remember(9, "jobs"u8, "go"u8);
        Assert.True(filter.IsKnown(Body("jobs", "go")));
        Assert.True(filter.IsKnown(Body("jobs", "")));
        Assert.False(filter.IsKnown(Body("jobs", "Ann Smith")));
        Assert.False(filter.IsKnown(Body("job", "sgo")));
        Assert.False(filter.IsKnown([0, 0, 0, 8, .. Body("jobs", "go")[4..]]));
    }

    [Fact]
    public void The_oldest_payloads_are_forgotten_first()
    {
        var filter = new NotificationFilter();
        for (var i = 0; i <= NotificationFilter.Limit; i++)
        {
            filter.Remember(9, "c"u8, Encoding.UTF8.GetBytes($"{i}"));
        }

        Assert.False(filter.IsKnown(Body("c", "0")));
        Assert.True(filter.IsKnown(Body("c", "1")));
    }

    [Fact]
    public void An_unknown_payload_is_replaced_by_an_empty_one()
    {
        var output = new MessageBuffer();
        NotificationFilter.WriteWithoutPayload(Body("jobs", "Ann Smith"), output);
        Assert.Equal([(byte)'A', 0, 0, 0, 14, 0, 0, 0, 9, .. "jobs\0\0"u8], output.Written.ToArray());
    }
}
