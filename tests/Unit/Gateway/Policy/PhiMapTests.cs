using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Support.PolicyMaker;

namespace Sallyport.Unit.Gateway.Policy;

public sealed class PhiMapTests
{
    private readonly PhiMap _map = Phi("clinic.patients.mrn MRN", "clinic.patients.name NAME", "lab.results.text NOTE");

    [Fact]
    public void Columns_are_found_by_their_exact_names()
    {
        Assert.Equal("MRN", _map.TagOf("clinic", "patients", "mrn"));
        Assert.Equal("MRN", _map.TagOf("clinic.patients.mrn"));
        Assert.Null(_map.TagOf("clinic", "patients", "MRN"));
        Assert.Null(_map.TagOf("clinic", "results", "text"));
        Assert.Null(_map.TagOf("lab", "patients", "mrn"));
        Assert.True(_map.IsTagged("lab", "results"));
        Assert.False(_map.IsTagged("lab", "patients"));
        Assert.Equal(3, _map.Columns.Count);
    }

    [Fact]
    public void A_tag_without_its_own_operator_gets_the_default()
    {
        Assert.Equal(new MaskOperator.Token(), _map.MaskFor("MRN"));
        Assert.Equal(new MaskOperator.Redact(), _map.MaskFor("NAME"));
        Assert.Equal(new MaskOperator.Redact(), _map.MaskFor("UNHEARD_OF"));
    }

    [Fact]
    public void The_empty_map_tags_nothing()
    {
        Assert.True(PhiMap.Empty.IsEmpty);
        Assert.False(PhiMap.Empty.IsTagged("clinic", "patients"));
        Assert.False(_map.IsEmpty);
    }
}
