using Quiescent.Codegen.Rules;

namespace Quiescent.Codegen;

// What the rules find in one method; a method whose code is missing has failed.
internal sealed record Verdict(string Method, IReadOnlyList<string> Faults)
{
    public static IReadOnlyList<Verdict> Of(IReadOnlyList<Listings.Method> methods) =>
        [.. Rule.All.Select(rule => Of(rule, methods))];

    private static Verdict Of(Rule rule, IReadOnlyList<Listings.Method> methods)
    {
        // The last listing is the code that runs. The JIT writes Space.Class:Method(arguments), the other compiler
        // ..._Class__Method.
        Listings.Method? method = methods.LastOrDefault(method =>
            method.Name.Contains($".{rule.Class}:{rule.Method}(", StringComparison.Ordinal)
            || method.Name.EndsWith($"_{rule.Class}__{rule.Method}", StringComparison.Ordinal));
        return new Verdict(rule.Method, method is null ? ["its machine code is missing"] : rule.Check(method));
    }
}
