using System.Globalization;
using System.Text.RegularExpressions;
using Quiescent.Claims.Subject;
using Quiescent.Claims.Subjects;

namespace Quiescent.Claims.CodeSize;

// The sizes of methods compiled ahead of time, from the program's symbols as nm lists them.
internal static partial class SymbolListing
{
    /// <exception cref="ChildException">nm is not installed, or reads no symbols.</exception>
    public static MethodBytes[] Of(CompiledSubject subject) =>
        Parse(Child.Run("nm", ["--print-size", "--defined-only", subject.Program]).RequireSuccess().Output);

    public static MethodBytes[] Parse(string listing)
    {
        List<(string Symbol, uint Bytes)> functions = [.. Function().Matches(listing).Select(match => (
            match.Groups["symbol"].Value, uint.Parse(match.Groups["bytes"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];
        return [.. WarmUp.SingleMethods.Append(WarmUp.CallbackMethod).Select(name => new MethodBytes(
            name, [.. functions.Where(function => Matches(function.Symbol, name)).Select(function => function.Bytes)]))];
    }

    // Namespace.Class`2.Method is mangled to Assembly_Namespace_Class_2<…>__Method.
    private static bool Matches(string symbol, string name)
    {
        int dot = name.LastIndexOf('.');
        string type = "_" + name[..dot].Replace('.', '_').Replace('`', '_');
        return symbol.EndsWith("__" + name[(dot + 1)..], StringComparison.Ordinal)
            && symbol.Split('<')[0] is string start
            && (start.EndsWith(type, StringComparison.Ordinal) || start.EndsWith(type + "__" + name[(dot + 1)..], StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^[0-9a-f]+ (?<bytes>[0-9a-f]+) [tT] (?<symbol>.+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex Function();
}
