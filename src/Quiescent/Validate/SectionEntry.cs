using System.Diagnostics;

namespace Quiescent.Validate;

// Under Validate: where and when a section began, or a thread went online. At is a Stopwatch timestamp.
internal sealed record SectionEntry(CallerSite Site, long At, bool IsOnline)
{
    /// <summary>For a section that begins here and now.</summary>
    public static SectionEntry Here(bool isOnline = false) =>
        new(CallerSite.Capture(), Stopwatch.GetTimestamp(), isOnline);

    public override string ToString() => (IsOnline ? "online since " : "entered at ") + Site;
}
