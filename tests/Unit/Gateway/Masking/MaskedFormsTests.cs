using System.Text;
using Sallyport.Gateway.Masking;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class MaskedFormsTests
{
    private readonly MaskedForms _forms = new(["NAME", "MRN"]);

    [Theory]
    [InlineData("[NAME]")]
    [InlineData("[MRN]   ")]
    [InlineData("\"[NAME]\"")]
    [InlineData("{[NAME]}")]
    [InlineData("{\"[NAME]  \"}")]
    [InlineData("tok_mrn_sabcd_abcdefghijklmnop")]
    [InlineData("tok_hp_id_t12abcd_234567abcdefghij")]
    [InlineData("******")]
    [InlineData("******6789")]
    [InlineData("******😀é12")]
    [InlineData("******@clinic.example")]
    public void What_masks_write_is_known(string value) => Assert.True(_forms.Contains(Encoding.UTF8.GetBytes(value)));

    [Theory]
    [InlineData("")]
    [InlineData("[name]")]
    [InlineData("[OTHER]")]
    [InlineData("x [NAME]")]
    [InlineData("[NAME] x")]
    [InlineData("tok_mrn_abcdefghijklmnop")]
    [InlineData("tok_mrn_sabcd_abcdefghijklmno1")]
    [InlineData("tok_mrn_xabcd_abcdefghijklmnop")]
    [InlineData("*****")]
    [InlineData("*******")]
    [InlineData("******67890")]
    [InlineData("****1234")]
    [InlineData("abcdefghijklmnop")]
    [InlineData("{}")]
    [InlineData("{[NAME],[NAME]}")]
    public void What_people_write_is_not(string value) => Assert.False(_forms.Contains(Encoding.UTF8.GetBytes(value)));

    [Fact]
    public void Every_mask_of_text_that_is_known_to_people_is_known_here()
    {
        using var run = new MaskRun();
        foreach (var operation in new MaskOperator[] { new MaskOperator.Redact(), new MaskOperator.Token(), new MaskOperator.Partial(), new MaskOperator.Partial(KeepsDomain: true), new MaskOperator.Sentinel() })
        {
            Assert.True(_forms.Contains(Encoding.UTF8.GetBytes(run.Text(operation, 25, "ada@clinic.example")!)), operation.ToString());
        }
    }
}
