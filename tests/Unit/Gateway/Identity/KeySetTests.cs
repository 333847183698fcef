using System.Text.Json.Nodes;
using Sallyport.Gateway.Identity;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Identity;

public sealed class KeySetTests
{
    private readonly FakeIssuer _issuer = new();

    [Fact]
    public void Keys_are_found_by_id_and_algorithm()
    {
        var keys = KeySet.Parse(_issuer.PublishedKeys());

        Assert.Equal(2, keys.Count);
        Assert.NotNull(keys.Find("rs1", "RS256"));
        Assert.NotNull(keys.Find("rs1", "PS512"));
        Assert.NotNull(keys.Find("es1", "ES256"));
        Assert.Null(keys.Find("es1", "ES384"));
        Assert.Null(keys.Find("es1", "RS256"));
        Assert.Null(keys.Find("rs2", "RS256"));
    }

    [Fact]
    public void A_key_that_names_its_algorithm_is_used_for_no_other()
    {
        var keys = KeySet.Parse(Edit(k => k["alg"] = "RS256"));

        Assert.NotNull(keys.Find("rs1", "RS256"));
        Assert.Null(keys.Find("rs1", "PS256"));
    }

    [Fact]
    public void Keys_that_cannot_verify_here_are_left_out()
    {
        _issuer.AddRsa("weak", bits: 1024);
        Assert.Equal(2, KeySet.Parse(_issuer.PublishedKeys()).Count);
        Assert.Equal(1, KeySet.Parse(Edit(k => k["use"] = "enc")).Count);
        Assert.Equal(1, KeySet.Parse(Edit(k => k["kty"] = "oct")).Count);
        Assert.Equal(1, KeySet.Parse(Edit(k => k["n"] = "!!!")).Count);
        Assert.Equal(1, KeySet.Parse(Edit(k => k["y"] = k["x"]!.DeepClone(), index: 1)).Count);
        Assert.Equal(1, KeySet.Parse(Edit(k => k["crv"] = "P-192", index: 1)).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":[{"kty":"oct","k":"AAAA"}]}""")]
    [InlineData("<html>")]
    public void A_document_without_usable_keys_is_refused(string document) => Assert.Throws<InvalidDataException>(() => KeySet.Parse(document));

    [Fact]
    public void A_document_with_too_many_keys_is_refused()
    {
        var key = JsonNode.Parse(_issuer.PublishedKeys())!["keys"]![0]!;
        var many = new JsonObject { ["keys"] = new JsonArray([.. Enumerable.Range(0, KeySet.MaxKeys + 1).Select(_ => key.DeepClone())]) };

        Assert.Throws<InvalidDataException>(() => KeySet.Parse(many.ToJsonString()));
    }

    [Fact]
    public void The_fingerprint_tells_a_rotation_from_the_same_keys_in_another_order()
    {
        var before = KeySet.Parse(_issuer.PublishedKeys()).Fingerprint;
        var reversed = new JsonObject { ["keys"] = new JsonArray([.. JsonNode.Parse(_issuer.PublishedKeys())!["keys"]!.AsArray().Reverse().Select(k => k!.DeepClone())]) };

        Assert.Equal(before, KeySet.Parse(reversed.ToJsonString()).Fingerprint);
        _issuer.Remove("rs1");
        _issuer.AddRsa("rs2");
        Assert.NotEqual(before, KeySet.Parse(_issuer.PublishedKeys()).Fingerprint);
    }

    private string Edit(Action<JsonObject> edit, int index = 0)
    {
        var document = JsonNode.Parse(_issuer.PublishedKeys())!;
        edit(document["keys"]![index]!.AsObject());
        return document.ToJsonString();
    }
}
