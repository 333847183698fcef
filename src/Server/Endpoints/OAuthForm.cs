using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Sallyport.Server.Endpoints;

/// <summary>The form of an OAuth request (RFC 6749 section 3.2): a parameter stands there once, and an empty one counts as left out.</summary>
internal sealed class OAuthForm
{
    /// <summary>Two tokens of the longest kind that can be configured, and the rest.</summary>
    public const int MaxBytes = 160 * 1024;

    private const int MaxParameters = 32;

    /// <summary>RFC 8693 section 2.1 lets these two stand there several times.</summary>
    private static readonly string[] Repeatable = ["audience", "resource"];

    private static readonly FormOptions Limits = new() { ValueCountLimit = MaxParameters, ValueLengthLimit = MaxBytes, KeyLengthLimit = 64, BufferBodyLengthLimit = MaxBytes };

    private readonly IFormCollection _form;

    private OAuthForm(IFormCollection form) => _form = form;

    /// <summary>Null when the request has no form, or one that does not keep to the rules.</summary>
    public static async Task<OAuthForm?> ReadAsync(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }
        try
        {
            var form = await context.Request.ReadFormAsync(Limits, context.RequestAborted);
            return form.Any(field => field.Value.Count > 1 && !Repeatable.Contains(field.Key)) ? null : new OAuthForm(form);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The value, or empty.</summary>
    public string Get(string name) => _form.TryGetValue(name, out var values) ? values.ToString() : "";

    public IEnumerable<string> All(string name) => _form.TryGetValue(name, out var values) ? NonEmpty(values) : [];

    private static IEnumerable<string> NonEmpty(StringValues values) => values.OfType<string>().Where(value => value.Length > 0);
}
