using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// The wall clock may jump; the library must not notice. It measures with Stopwatch alone, which is monotonic. If that
// leaps ahead (a suspended machine), stalls may be reported and nothing else changes.
public sealed class ClockTests
{
    private static readonly string[] s_wallClocks =
    [
        "DateTime.get_Now", "DateTime.get_UtcNow", "DateTime.get_Today",
        "DateTimeOffset.get_Now", "DateTimeOffset.get_UtcNow",
        "TimeProvider.get_System", "Environment.get_TickCount", "Environment.get_TickCount64",
    ];

    // Fault caught: a wait, delay or report that uses a clock that somebody may set.
    [Fact]
    public void The_library_reads_no_clock_but_Stopwatch()
    {
        string[] members = MembersReferencedBy(typeof(Rcu).Assembly.Location);
        Assert.Contains("Stopwatch.GetTimestamp", members);
        Assert.Empty(members.Intersect(s_wallClocks));

        // The control: this test itself refers to one, and the same search finds it.
        Assert.NotEqual(default, DateTime.UtcNow);
        Assert.Contains("DateTime.get_UtcNow", MembersReferencedBy(typeof(ClockTests).Assembly.Location));
    }

    // Fault caught: arithmetic on ticks that overflows: a stall reported at once, a batch gathered for ever or an
    // exception.
    [Theory]
    [InlineData(long.MaxValue, 600_000_000)] // TimeSpan.MaxValue, one minute
    [InlineData(long.MaxValue - 1, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 600_000_000)]
    [InlineData(-10_000, 600_000_000)] // Timeout.InfiniteTimeSpan
    public void Extreme_times_neither_overflow_nor_hold_anything_up(long stallTimeout, long reclaimDelay)
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            StallTimeout = new TimeSpan(stallTimeout),
            ReclaimDelay = new TimeSpan(reclaimDelay),
            BacklogLimit = long.MaxValue,
            CallbackBatchLimit = int.MaxValue,
        });
        Account account = new(domain);
        ParkedReader reader = new(domain);
        foreach (Form form in Enum.GetValues<Form>())
        {
            account.TryQueue(form);
        }

        Worker synchronizer = Worker.Start(domain.Synchronize);
        Task wait = domain.SynchronizeAsync(CancellationToken.None).AsTask();
        bool mayStall = stallTimeout == 1;
        Until.True(() => synchronizer.IsWaiting && (!mayStall || domain.GetStatistics().Stalls != 0));
        reader.Release();
        synchronizer.Join();
        Until.Done(wait);
        domain.Barrier();
        account.MustBeCleared();
        Assert.Equal(mayStall, domain.GetStatistics().Stalls != 0);
    }

    private static string[] MembersReferencedBy(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        return
        [
            .. metadata.MemberReferences
                .Select(metadata.GetMemberReference)
                .Where(static member => member.Parent.Kind == HandleKind.TypeReference)
                .Select(member =>
                    metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name)
                    + "." + metadata.GetString(member.Name)),
        ];
    }
}
