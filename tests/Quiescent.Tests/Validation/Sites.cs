using System.Text.RegularExpressions;

namespace Quiescent.Tests.Validation;

// Looks for a call site in a report: "  queued at: Method in File:line N".
internal static class Sites
{
    public static void MustName(string text, string role, string method, string file) =>
        Assert.Matches(
            $@"\n  [a-z ]*\b{Regex.Escape(role)}: \S*{Regex.Escape(method)}\S* in \S*{Regex.Escape(file)}:line [1-9]",
            text);
}
