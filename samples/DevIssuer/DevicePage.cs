using System.Net;
using System.Text;

namespace Sallyport.DevIssuer;

/// <summary>The sign-in page of the demo: one button per person, no password.</summary>
internal static class DevicePage
{
    public static string Ask(string userCode)
    {
        var buttons = new StringBuilder();
        foreach (var (person, groups) in Directory.People)
        {
            buttons.Append($"<p><button name=person value={person}>{person}</button> {string.Join(", ", groups)}</p>");
        }

        return Page($"<form method=post action=/device><input type=hidden name=user_code value=\"{WebUtility.HtmlEncode(userCode)}\">{buttons}</form>");
    }

    public static string Done(string person) => Page($"<p>{WebUtility.HtmlEncode(person)} is signed in. You can close this page.</p>");

    public static string Unknown() => Page("<p>This code is not known, or used up.</p>");

    private static string Page(string body) =>
        $"<!doctype html><meta charset=utf-8><title>Demo sign-in</title><h1>Demo sign-in</h1><p>For the demo only: no password is asked.</p>{body}";
}
