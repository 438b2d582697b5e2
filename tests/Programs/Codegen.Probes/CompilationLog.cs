using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Quiescent.Codegen.Probes;

// The methods that the JIT has compiled at its highest tier, and their bytes of machine code, from the runtime's own
// events.
internal sealed class CompilationLog : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10;
    private const int TierShift = 7;
    private const uint TierMask = 7;
    private const uint Optimized = 2;
    private const uint OptimizedTier1 = 4;

    // By method and address: instantiations share a name.
    private readonly ConcurrentDictionary<(string Name, ulong Id), uint> _bytes = new();

    /// <summary>The bytes of each method of that name, Class.Method.</summary>
    public IReadOnlyList<uint> BytesOf(string name) =>
        [.. _bytes.Where(entry => entry.Key.Name == name).Select(entry => entry.Value)];

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Verbose, Jit);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("MethodLoadVerbose", StringComparison.Ordinal) != true)
        {
            return;
        }

        uint tier = ((uint)Field(eventData, "MethodFlags") >> TierShift) & TierMask;
        if (tier is Optimized or OptimizedTier1)
        {
            // Without the arguments of a generic class, which may have dots in them.
            string className = ((string)Field(eventData, "MethodNamespace")).Split('[')[0].Split('.')[^1];
            string name = $"{className}.{Field(eventData, "MethodName")}";
            _bytes[(name, (ulong)Field(eventData, "MethodID"))] = (uint)Field(eventData, "MethodSize");
        }
    }

    private static object Field(EventWrittenEventArgs eventData, string name) =>
        eventData.Payload![eventData.PayloadNames!.IndexOf(name)]!;
}
