using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Quiescent.Codegen.Probes;

// Which of some methods, named Class.Method, the JIT has compiled at its highest tier, by the runtime's own events.
internal sealed class CompilationLog(IReadOnlyCollection<string> expected) : EventListener
{
    private const EventKeywords Jit = (EventKeywords)0x10;
    private const int TierShift = 7;
    private const uint TierMask = 7;
    private const uint Optimized = 2;
    private const uint OptimizedTier1 = 4;

    private readonly ConcurrentDictionary<string, bool> _compiled = new();

    public bool IsComplete => expected.All(_compiled.ContainsKey);

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

        string className = ((string)Field(eventData, "MethodNamespace")).Split('.')[^1];
        uint tier = ((uint)Field(eventData, "MethodFlags") >> TierShift) & TierMask;
        if (tier is Optimized or OptimizedTier1)
        {
            _compiled[$"{className}.{Field(eventData, "MethodName")}"] = true;
        }
    }

    private static object Field(EventWrittenEventArgs eventData, string name) => eventData.Payload![eventData.PayloadNames!.IndexOf(name)]!;
}
