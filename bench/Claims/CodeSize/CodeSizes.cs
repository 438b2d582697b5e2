using System.Globalization;
using System.Reflection;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Subject;

namespace Quiescent.Claims.CodeSize;

// Bytes of one kind of code: of the C# compiler, or a compiler to machine code.
internal sealed record CodeSizes(string Name)
{
    /// <summary>All of 1, 16 and 256 hand-written callbacks; the library's one reclaim path serves any number of
    /// types.</summary>
    public required IReadOnlyList<CallbackBytes> Callbacks { get; init; }

    /// <summary>One callback written by hand, not as an instantiation.</summary>
    public required double HandWritten { get; init; }

    /// <summary>One more Call(head, &amp;function) in a method.</summary>
    public required double CallSite { get; init; }

    /// <summary>One more Free(block, head) in a method.</summary>
    public required double FreeSite { get; init; }

    /// <summary>The library's routine that tells functions from offsets, once in a program.</summary>
    public double? ReclaimPath { get; init; }

    /// <summary>Bytes with so many types, each handed over in one place to a callback of its own.</summary>
    public double WithFunctions(int types) => Callbacks.First(callbacks => callbacks.Methods == types).Total + (types * CallSite);

    /// <summary>The same with offsets.</summary>
    public double WithOffsets(int types) => types * FreeSite;

    public double Ratio(int types) => WithFunctions(types) / WithOffsets(types);

    public static CodeSizes OfMachineCode(string compiler, IReadOnlyCollection<MethodBytes> methods)
    {
        uint[] callbacks = Bytes(methods, WarmUp.CallbackMethod);
        return new CodeSizes(compiler)
        {
            Callbacks = [.. Way.MethodCounts.Select(count => new CallbackBytes(count, callbacks.Take(count).Sum(bytes => bytes)))],
            HandWritten = Single(methods, typeof(Node), nameof(Node.FreeNode)),
            CallSite = Site(methods, nameof(CallSites.CallOnce), nameof(CallSites.CallFiveTimes)),
            FreeSite = Site(methods, nameof(CallSites.FreeOnce), nameof(CallSites.FreeFiveTimes)),
            ReclaimPath = Bytes(methods, "Quiescent.Queues.HeadWord.Reclaim")[0],
        };
    }

    public static CodeSizes OfIntermediateLanguage()
    {
        int callback = IntermediateLanguage(typeof(Node), nameof(Node.FreeNode));
        return new CodeSizes("IL, metadata")
        {
            Callbacks = [.. Way.MethodCounts.Select(count => new CallbackBytes(count, count * callback)
            {
                Metadata = count * EmittedMethods.MetadataBytesPerMethod(count),
            })],
            HandWritten = callback,
            CallSite = Site(nameof(CallSites.CallOnce), nameof(CallSites.CallFiveTimes)),
            FreeSite = Site(nameof(CallSites.FreeOnce), nameof(CallSites.FreeFiveTimes)),
        };

        static double Site(string once, string more) =>
            (IntermediateLanguage(typeof(CallSites), more) - IntermediateLanguage(typeof(CallSites), once)) / (double)CallSites.Difference;
    }

    public static Finding Judge(IReadOnlyList<CodeSizes> sizes)
    {
        int types = Way.MethodCounts[^1];
        return Finding.Of(
            sizes.Min(size => size.Ratio(types)),
            $"for {types} types, each freed in one place: " + string.Join("; ", sizes.Select(size =>
                string.Create(CultureInfo.InvariantCulture, $"{size.Name} {size.WithFunctions(types):N0} bytes against {size.WithOffsets(types):N0}"))));
    }

    private static int IntermediateLanguage(Type type, string method) =>
        type.GetMethod(method, BindingFlags.Static | BindingFlags.Public)!.GetMethodBody()!.GetILAsByteArray()!.Length;

    private static double Site(IReadOnlyCollection<MethodBytes> methods, string once, string more) =>
        (Single(methods, typeof(CallSites), more) - Single(methods, typeof(CallSites), once)) / CallSites.Difference;

    private static double Single(IReadOnlyCollection<MethodBytes> methods, Type type, string method) =>
        Bytes(methods, $"{type.FullName}.{method}")[0];

    private static uint[] Bytes(IReadOnlyCollection<MethodBytes> methods, string name) =>
        methods.FirstOrDefault(method => method.Name == name) is { Bytes: { Length: > 0 } bytes }
            ? bytes
            : throw new InvalidDataException($"The size of {name} is not known.");
}

/// <summary>The bytes of so many callbacks' code, and for IL of their metadata.</summary>
internal sealed record CallbackBytes(int Methods, double Bytes)
{
    public double? Metadata { get; init; }

    public double Total => Bytes + (Metadata ?? 0);
}
