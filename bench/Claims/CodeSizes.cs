using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Quiescent.Claims.Subject;

namespace Quiescent.Claims;

// Bytes of one kind of code: the C# compiler's, or a compiler's to machine code.
internal sealed record CodeSizes(string Name)
{
    // In the metadata of an assembly that is not huge (ECMA-335, II.22.26).
    private const int MethodRow = 14;

    private static readonly int s_most = Way.MethodCounts[^1];

    /// <summary>All of 1, 16 and 256 callbacks written by hand.</summary>
    public required double[] Callbacks { get; init; }

    /// <summary>One more Call(head, &amp;function) in a method.</summary>
    public required double CallSite { get; init; }

    /// <summary>One more Free(block, head) in a method.</summary>
    public required double FreeSite { get; init; }

    /// <summary>The library's routine that tells offsets from functions, once in a program.</summary>
    public double? ReclaimPath { get; init; }

    /// <summary>256 types, each with a callback of its own and handed over in one place.</summary>
    public double WithFunctions => Callbacks[^1] + (s_most * CallSite);

    /// <summary>The same with offsets.</summary>
    public double WithOffsets => s_most * FreeSite;

    public static Table Compare(IEnumerable<CodeSizes> sizes) => new(
        "Code size: bytes of callbacks that only free their block, against one `Free(block, head)`",
        [
            "", "1 callback", "16", "256", "`Call` site", "`Free` site",
            "256 types, functions", "256 types, `Free`", "ratio", "reclaim path",
        ],
        [.. sizes.Select(size => (string[])
        [
            size.Name, .. size.Callbacks.Select(Bytes), $"{size.CallSite:0.#}", $"{size.FreeSite:0.#}",
            Bytes(size.WithFunctions), Bytes(size.WithOffsets), $"{size.WithFunctions / size.WithOffsets:0.00}",
            $"{size.ReclaimPath:0}",
        ])]);

    public static CodeSizes OfMachineCode(string compiler, IReadOnlyCollection<MethodBytes> methods)
    {
        uint[] callbacks = Bytes(WarmUp.Callback);
        return new CodeSizes($"machine code, {compiler}")
        {
            Callbacks = [.. Way.MethodCounts.Select(count => (double)callbacks.Take(count).Sum(bytes => bytes))],
            CallSite = Site(nameof(CallSites.CallOnce), nameof(CallSites.CallFiveTimes)),
            FreeSite = Site(nameof(CallSites.FreeOnce), nameof(CallSites.FreeFiveTimes)),
            ReclaimPath = Bytes(WarmUp.ReclaimPath)[0],
        };

        double Site(string once, string more) => (Single(more) - Single(once)) / CallSites.Difference;

        double Single(string method) => Bytes($"{nameof(CallSites)}.{method}")[0];

        uint[] Bytes(string name) => methods.Single(method => method.Name == name).Bytes is { Length: > 0 } bytes
            ? bytes
            : throw new InvalidOperationException($"the size of {name} is not known");
    }

    public static CodeSizes OfIntermediateLanguage()
    {
        double callback = Single(typeof(Node), nameof(Node.FreeNode));
        return new CodeSizes("IL and metadata")
        {
            Callbacks = [.. Way.MethodCounts.Select(count => (count * (callback + MethodRow)) + Names(count))],
            CallSite = Site(nameof(CallSites.CallOnce), nameof(CallSites.CallFiveTimes)),
            FreeSite = Site(nameof(CallSites.FreeOnce), nameof(CallSites.FreeFiveTimes)),
        };

        // FreeNode0, FreeNode1, …, each with its terminating zero.
        static int Names(int count) => Enumerable.Range(0, count).Sum(i => $"FreeNode{i}".Length + 1);

        static double Site(string once, string more) =>
            (Single(typeof(CallSites), more) - Single(typeof(CallSites), once)) / CallSites.Difference;

        static double Single(Type type, string method) =>
            type.GetMethod(method)!.GetMethodBody()!.GetILAsByteArray()!.Length;
    }

    /// <summary>Reads what nm lists of a program that is compiled ahead of time. There, Namespace.Class`2.Method is
    /// Assembly_Namespace_Class_2&lt;…&gt;__Method.</summary>
    public static MethodBytes[] Parse(string listing) => [.. WarmUp.Methods.Select(name =>
    {
        string[] parts = name.Replace('`', '_').Split('.');
        string symbol = $@"\S*_{parts[0]}(<\S+>)?__{parts[1]}";
        MatchCollection found = Regex.Matches(
            listing, $@"^[0-9a-f]+ (?<bytes>[0-9a-f]+) [tT] {symbol}\r?$", RegexOptions.Multiline);
        return new MethodBytes(name, [.. found.Select(match => Convert.ToUInt32(match.Groups["bytes"].Value, 16))]);
    })];

    private static string Bytes(double bytes) => bytes.ToString("#,0", CultureInfo.InvariantCulture);
}
