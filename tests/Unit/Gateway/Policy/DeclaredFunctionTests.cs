using Sallyport.Gateway.Policy;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class DeclaredFunctionTests
{
    [Theory]
    [InlineData("clinic.age_band", null)]
    [InlineData("clinic.age_band()", "")]
    [InlineData("clinic.age_band(date)", "date")]
    [InlineData("clinic.age_band(int, varchar , timestamptz)", "integer,charactervarying,timestampwithtimezone")]
    [InlineData("clinic.age_band(double precision, int4[], clinic.mood)", "doubleprecision,integer[],clinic.mood")]
    public void Types_are_known_by_all_their_names(string text, string? arguments)
    {
        Assert.True(DeclaredFunction.TryParse(text, FunctionTrust.Pure, null, out var function));
        Assert.Equal(("clinic", "age_band", arguments), (function.Schema, function.Name, function.Arguments));
    }

    [Theory]
    [InlineData("age_band")]
    [InlineData("clinic.age_band(date")]
    [InlineData("clinic.patients.age_band(date)")]
    [InlineData("(date)")]
    public void What_is_no_signature_is_not_taken(string text) =>
        Assert.False(DeclaredFunction.TryParse(text, FunctionTrust.Pure, null, out _));
}
