using System.Text;
using Sallyport.Gateway.Protocols.Postgres.SelfTests;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.SelfTests;

public sealed class CanaryTests
{
    [Theory]
    [InlineData("text")]
    [InlineData("character varying(12)")]
    [InlineData("character(11)")]
    [InlineData("integer")]
    [InlineData("bigint")]
    [InlineData("numeric")]
    [InlineData("numeric(12)")]
    [InlineData("date")]
    [InlineData("timestamp with time zone")]
    [InlineData("uuid")]
    [InlineData("jsonb")]
    [InlineData("text[]")]
    public void A_value_is_known_again(string type)
    {
        var canary = Canary.Of("s.t.c", type)!;
        Assert.Equal("in clear", Find(canary, $"before {canary.Token} behind"));
        Assert.Null(Find(canary, "nothing of the kind"));
        Assert.NotEqual(canary.Token, Canary.Of("s.t.c", type)!.Token);
    }

    [Theory]
    [InlineData("character(1)")]
    [InlineData("character varying(3)")]
    public void A_value_too_short_to_be_known_is_not_looked_for(string type)
    {
        var canary = Canary.Of("s.t.c", type)!;
        Assert.Equal("", canary.Token);
        Assert.Null(Find(canary, canary.Literal));
    }

    [Theory]
    [InlineData("boolean")]
    [InlineData("numeric(9,6)")]
    [InlineData("point")]
    public void Types_without_a_value_that_can_be_known_have_none(string type) => Assert.Null(Canary.Of("s.t.c", type));

    [Fact]
    public void Disguises_are_seen_through()
    {
        var canary = new Canary("s.t.c", "'x'", "badofemirukago");
        Assert.Equal("in clear", Find(canary, "BADOFEMIRUKAGO"));
        Assert.Equal("reversed", Find(canary, "ogakurimefodab"));
        Assert.Equal("as hexadecimal digits", Find(canary, Convert.ToHexString(Encoding.ASCII.GetBytes(canary.Token))));
        Assert.Equal("in pieces", Find(canary, "b.a.d,o\0\0\0\u0001femi\nruk ago"));
        foreach (var lead in (string[])["", "x", "xy", "xyz"])
        {
            Assert.Equal("as base64", Find(canary, Convert.ToBase64String(Encoding.ASCII.GetBytes(lead + canary.Token + "tail"))));
        }
    }

    [Fact]
    public void Every_attack_is_complete_and_names_what_it_attacks()
    {
        var attacks = Attack.All();
        Assert.True(attacks.Count >= 130);
        Assert.True(attacks.Select(attack => attack.Category).Distinct().Count() >= 20);
        Assert.All(attacks, attack => Assert.True(attack.Guess is not null ^ attack.Statements.Count > 0));
        Assert.All(attacks.Where(attack => attack.Guess is not null), attack => Assert.Contains("{g}", attack.Guess));
        var text = string.Join('\n', attacks.SelectMany(attack => attack.Statements.Append(attack.Guess ?? "")));
        var placeholders = Enumerable.Range(0, text.Length - 2).Where(i => text[i] == '{' && text[i + 2] == '}').Select(i => text[i + 1]).Distinct().Order();
        Assert.Equal("cgktw", string.Concat(placeholders));
    }

    private static string? Find(Canary canary, string received) =>
        canary.FindIn(received, received.ToLowerInvariant(), new string([.. received.ToLowerInvariant().Where(char.IsAsciiLetterOrDigit)]));
}
