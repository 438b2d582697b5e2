namespace Quiescent.Top.Stream;

// The names of the meter `Quiescent`: docs/diagnostics.md.
internal static class Instruments
{
    public const string Durations = "quiescent.grace_period.duration";
    public const string GracePeriods = "quiescent.grace_periods";
    public const string BlocksQueued = "quiescent.blocks.queued";
    public const string BlocksFreed = "quiescent.blocks.freed";
    public const string CallbacksQueued = "quiescent.callbacks.queued";
    public const string CallbacksInvoked = "quiescent.callbacks.invoked";
    public const string CallbacksFailed = "quiescent.callbacks.failed";
    public const string Stalls = "quiescent.stalls";
    public const string ReadersAbandoned = "quiescent.readers.abandoned";
    public const string Backlog = "quiescent.backlog";
    public const string BacklogLimit = "quiescent.backlog.limit";
    public const string ReaderSlots = "quiescent.reader.slots";
    public const string Pages = "quiescent.pages";
    public const string OpenSections = "quiescent.sections.open";
}
