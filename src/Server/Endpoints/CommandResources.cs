using Sallyport.Api;
using Sallyport.Gateway.Policy;

namespace Sallyport.Server.Endpoints;

/// <summary>How parts of a command look in the API.</summary>
internal static class CommandResources
{
    public static RelationResource Of(RelationUse use) => new(use.Schema, use.Name, use.Access == RelationAccess.Write ? "write" : "read");

    public static List<string> EffectsOf(Effects effects, bool unbounded)
    {
        List<string> names = [.. Enum.GetValues<Effects>()
            .Where(effect => effect != Effects.None && effects.HasFlag(effect))
            .Select(effect => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(effect.ToString()))];
        if (unbounded)
        {
            names.Add("unbounded");
        }
        return names;
    }
}
