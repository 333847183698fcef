using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Writes an enum as its lower-case, hyphenated member name and reads nothing else: no numbers.</summary>
public sealed class LowercaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
