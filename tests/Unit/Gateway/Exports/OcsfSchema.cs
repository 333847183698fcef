using System.IO.Compression;
using System.Text.Json;
using Sallyport.Unit.Tidy;

namespace Sallyport.Unit.Gateway.Exports;

/// <summary>
/// Checks events against the compiled schema of OCSF 1.8.0 (https://github.com/ocsf/ocsf-schema, Apache-2.0; texts left out): what is required, what is known, types, values of
/// enumerations, profiles and constraints.
/// </summary>
internal static class OcsfSchema
{
    private const string SchemaFile = "tests/Unit/Gateway/Exports/ocsf-1.8.0.json.gz";

    private static readonly JsonElement Root = Load();

    private static readonly Dictionary<long, JsonElement> Classes =
        Root.GetProperty("classes").EnumerateObject().DistinctBy(item => item.Value.GetProperty("uid").GetInt64()).ToDictionary(item => item.Value.GetProperty("uid").GetInt64(), item => item.Value);

    /// <summary>What is wrong with an event, one line each.</summary>
    public static List<string> Problems(JsonElement e)
    {
        var problems = new List<string>();
        if (!Classes.TryGetValue(e.GetProperty("class_uid").GetInt64(), out var schema))
        {
            return ["no such class"];
        }
        var metadata = e.GetProperty("metadata");
        HashSet<string> profiles = metadata.TryGetProperty("profiles", out var named) ? [.. named.EnumerateArray().Select(item => item.GetString()!)] : [];
        var known = schema.GetProperty("profiles").EnumerateArray().Select(item => item.GetString()!);
        problems.AddRange(profiles.Except(known).Select(profile => $"profile {profile} is none of the class"));
        if (metadata.GetProperty("version").GetString() != Root.GetProperty("version").GetString())
        {
            problems.Add("the version is another");
        }
        if (e.GetProperty("category_uid").GetInt64() != schema.GetProperty("category_uid").GetInt64())
        {
            problems.Add("the category is another");
        }
        if (e.GetProperty("type_uid").GetInt64() != e.GetProperty("class_uid").GetInt64() * 100 + e.GetProperty("activity_id").GetInt64())
        {
            problems.Add("type_uid is not class and activity");
        }
        CheckObject(e, schema, profiles, "", problems);
        return problems;
    }

    private static void CheckObject(JsonElement value, JsonElement schema, HashSet<string> profiles, string path, List<string> problems)
    {
        var attributes = schema.GetProperty("attributes");
        foreach (var attribute in attributes.EnumerateObject())
        {
            if (attribute.Value.TryGetProperty("requirement", out var need) && need.GetString() == "required" && Applies(attribute.Value, profiles) && !value.TryGetProperty(attribute.Name, out _))
            {
                problems.Add($"{path}{attribute.Name} is required");
            }
        }
        foreach (var field in value.EnumerateObject())
        {
            if (!attributes.TryGetProperty(field.Name, out var attribute) || !Applies(attribute, profiles))
            {
                problems.Add($"{path}{field.Name} is not known");
                continue;
            }
            CheckValue(field.Value, attribute, profiles, path + field.Name, problems);
        }
        foreach (var constraint in schema.GetProperty("constraints").EnumerateObject())
        {
            var present = constraint.Value.EnumerateArray().Count(name => value.TryGetProperty(name.GetString()!, out _));
            if (constraint.Name == "at_least_one" ? present == 0 : present != 1)
            {
                problems.Add($"{path} {constraint.Name} of {constraint.Value}");
            }
        }
    }

    private static bool Applies(JsonElement attribute, HashSet<string> profiles) =>
        !attribute.TryGetProperty("profiles", out var of) || of.EnumerateArray().Any(profile => profiles.Contains(profile.GetString()!));

    private static void CheckValue(JsonElement value, JsonElement attribute, HashSet<string> profiles, string path, List<string> problems)
    {
        var isArray = attribute.TryGetProperty("is_array", out var flag) && flag.GetBoolean();
        if (isArray != (value.ValueKind == JsonValueKind.Array))
        {
            problems.Add($"{path} is {(isArray ? "no" : "an")} array");
            return;
        }
        foreach (var item in isArray ? value.EnumerateArray().ToList() : [value])
        {
            CheckItem(item, attribute, profiles, path, problems);
        }
    }

    private static void CheckItem(JsonElement item, JsonElement attribute, HashSet<string> profiles, string path, List<string> problems)
    {
        var type = attribute.GetProperty("type").GetString()!;
        if (type == "object_t")
        {
            var name = attribute.GetProperty("object_type").GetString()!;
            if (item.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"{path} is no object");
            }
            else if (name != "object")
            {
                CheckObject(item, Root.GetProperty("objects").GetProperty(name), profiles, path + ".", problems);
            }
            return;
        }
        if (KindOf(type) != item.ValueKind && !(type == "boolean_t" && item.ValueKind is JsonValueKind.True or JsonValueKind.False))
        {
            problems.Add($"{path} is no {type}");
        }
        if (attribute.TryGetProperty("enum", out var values) && !values.EnumerateArray().Any(known => known.GetString() == item.ToString()))
        {
            problems.Add($"{path} cannot be {item}");
        }
        if (type == "integer_t" && item.ValueKind == JsonValueKind.Number && !item.TryGetInt32(out _))
        {
            problems.Add($"{path} is no 32-bit integer");
        }
        if (type == "ip_t" && !System.Net.IPAddress.TryParse(item.GetString(), out _))
        {
            problems.Add($"{path} is no address");
        }
    }

    private static JsonValueKind KindOf(string type)
    {
        while (type is not ("string_t" or "integer_t" or "long_t" or "float_t" or "boolean_t" or "json_t"))
        {
            type = Root.GetProperty("types").GetProperty("attributes").GetProperty(type).GetProperty("type").GetString()!;
        }
        return type switch
        {
            "string_t" => JsonValueKind.String,
            "boolean_t" => JsonValueKind.True,
            _ => JsonValueKind.Number,
        };
    }

    private static JsonElement Load()
    {
        using var file = File.OpenRead(Path.Combine(RepositoryFiles.Root, SchemaFile));
        using var zip = new GZipStream(file, CompressionMode.Decompress);
        return JsonDocument.Parse(zip).RootElement;
    }
}
