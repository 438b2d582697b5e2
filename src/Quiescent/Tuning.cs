namespace Quiescent;

// The settings that were found by measuring, each with its unit, in one place; docs/performance/tuning.md has the
// figures. None bears on whether the library is right, only on how fast it is and how much it holds.
internal static class Tuning
{
    // Waiting (Backoff). Spins last a few times longer than a grace period with a busy reader; yields, some context
    // switches.

    /// <summary>Steps of a wait before the first pause: most waits are over at the second look.</summary>
    public const int RetrySteps = 8;

    /// <summary>The step from which a wait yields; the steps between these spin, each longer than the last by one
    /// <see cref="Thread.SpinWait"/> iteration.</summary>
    public const int SpinSteps = 32;

    /// <summary>The step from which a wait sleeps if the one that it waits for can wake it: after some two
    /// microseconds.</summary>
    public const int WakeSteps = 12;

    /// <summary>The step from which a wait sleeps; the steps between spinning and sleeping yield.</summary>
    public const int YieldSteps = 48;

    /// <summary>Milliseconds of each sleep after that.</summary>
    public const int SleepMilliseconds = 1;

    /// <summary>Milliseconds for which a thread in a line of waiting threads is blocked at most, before it looks for
    /// itself.</summary>
    public const int MinBlockedMilliseconds = 100;

    /// <summary>The same for each thread in the line, where it has many: a turn takes a sleep and some work.</summary>
    public const int BlockedMillisecondsPerThread = 4;

    // Scanning. Slots of 128 bytes in contiguous chunks, which a scan streams through.

    /// <summary>Slots of the first chunk, as a power of two; each next chunk holds twice as many.</summary>
    public const int FirstChunkLog2 = 3;

    /// <summary>A table of at most so many slots is swept for dead threads at each registration that finds none
    /// released.</summary>
    public const int SlotsSweptEachTime = 64;

    /// <summary>A larger one is swept once in the registrations of this part of it: each pays for so many
    /// slots.</summary>
    public const int SweepsPerTable = 8;

    /// <summary>One grace period in so many is timed, where none needs a process-wide barrier or meets a
    /// reader.</summary>
    public const int GracePeriodsPerTiming = 16;

    // Tickets of sleepable sections, 64 bytes each.

    /// <summary>Tickets that a slot gets at a time, at least.</summary>
    public const int TicketBatch = 4;

    /// <summary>Tickets that the process asks the system for at a time.</summary>
    public const int TicketsPerPiece = 64;

    // Pages of pointers (head-less frees).

    /// <summary>Bytes of a page; 508 entries and a header. Between 64 and 508 entries the allocator makes no
    /// difference.</summary>
    public const int PageBytes = 4096;

    /// <summary>Blocks that an owner appends between two visits of the slow path, and frees in one: a power of two that
    /// divides the page. Half of what glibc's per-thread cache holds of a size: eight overflow it, two pay twice for
    /// the visit.</summary>
    public const int EntriesPerCollection = 4;

    /// <summary>Entries ahead of being freed at which a block's first line is asked for: those of the next
    /// visits.</summary>
    public const int FreePrefetchDistance = 8;

    /// <summary>Waiting pages from which their owner drives the grace period: it pays one process-wide barrier for that
    /// many, and with more of them the blocks leave the core's cache before they are allocated again.</summary>
    public const int DrivePages = 2;

    /// <summary>Pages that wait while an owner's visits keep pace: those that a grace period is driven for, and as many
    /// that it has freed. Beyond this a visit frees twice as much, and a page's end <see
    /// cref="CollectPages"/>.</summary>
    public const int PagesKeptForOwner = 2 * DrivePages;

    /// <summary>Pages that an owner frees at a page's end when more waits. One is filled and two are freed: a backlog
    /// shrinks at the rate at which it would have grown, and no single call frees more than about a thousand
    /// blocks.</summary>
    public const int CollectPages = 2;

    /// <summary>Spare pages that a domain keeps.</summary>
    public const int MaxSparePages = 64;

    /// <summary>Pages of one allocation, at most.</summary>
    public const int PagesPerBatch = 16;

    // Pools of arrays.

    /// <summary>Bytes of arrays of one length that a thread keeps, unless the pool is told how many: half of them go
    /// round in a loop and share a grace period's cost, and fit in a core's second-level cache.</summary>
    public const long KeptArrayBytes = 1 << 20;

    /// <summary>Bytes that an array takes beside its elements, roughly: its header, its entry and the entry's place
    /// in the table.</summary>
    public const long ArrayOverhead = 100;

    /// <summary>Arrays of one length that a thread keeps at least, however long they are.</summary>
    public const int MinArraysKept = 4;

    /// <summary>The same at most.</summary>
    public const int MaxArraysKept = 4096;

    // Heads.

    /// <summary>Heads between two visits of the slow path; a power of two. Fewer under a backlog limit below eight
    /// times that many.</summary>
    public const int HeadsBetweenCollections = 128;

    /// <summary>Heads that one visit frees at the most.</summary>
    public const int MaxHeadsPerCollection = 512;

    /// <summary>Waiting heads from which their owner drives the grace period.</summary>
    public const int DriveHeads = 1016;

    // The reclaimer.

    /// <summary>Pages that a pass frees of one queue: a flood of one thread does not starve the callbacks of
    /// others.</summary>
    public const int PagesPerQueue = 64;

    /// <summary>Seconds that a reclaimer's thread sleeps before it ends. A start costs some 100 µs.</summary>
    public const int ReclaimerIdleSeconds = 10;

    /// <summary>Milliseconds that the end of a section waits for user deallocators at most, in a domain with strict
    /// grace periods.</summary>
    public const int MaxStrictMilliseconds = 100;

    /// <summary>Milliseconds between two looks at blocks that are awaited, while the reclaimer may be in a
    /// callback.</summary>
    public const int BlockHelpMilliseconds = 5;

    /// <summary>Visits of slots in which nothing waited, after which the reclaimer drops such slots: they cost about as
    /// much as the process-wide barrier that it takes.</summary>
    public const int EmptyVisitsPerDrop = 512;

    // Back-pressure (Reclamation/Pacing.cs). At half the limit a second, a reader that overstays by a second costs half
    // as much memory again as the limit, and a thread that frees a million blocks under the default limit pauses for
    // two seconds.

    /// <summary>Above the limit all threads of a domain together queue this part of the limit a second.</summary>
    public const double PacedPartOfLimit = 0.5;

    /// <summary>Milliseconds' worth of the pace that may be queued at once without a pause. Longer than a tick of the
    /// slowest platform's timer, so that a pause that lasts too long is made up for.</summary>
    public const int PacingSlackMilliseconds = 64;

    /// <summary>Milliseconds of the longest pause.</summary>
    public const int MaxPauseMilliseconds = 1_000;

    /// <summary>Milliseconds of the longest sleep within a pause, after which a thread sees that the backlog has
    /// fallen. The first lasts one, and each is twice as long as the last.</summary>
    public const int MaxPauseSliceMilliseconds = 16;

    /// <summary>A page holds at most one in so many blocks of the backlog limit, so small limits are kept
    /// too.</summary>
    public const int PagesPerLimit = 8;

    /// <summary>Bytes that a queue, or a page of a pool, holds at most without their being counted; an eighth of the
    /// limit in bytes if that is less.</summary>
    public const long MaxBytesPerStep = 1 << 20;

    /// <summary>What a block counts for at most, whatever size its caller tells: so no sum of such sizes
    /// overflows.</summary>
    public const long MaxBlockBytes = 1L << 40;

    /// <summary>Bytes from which a block of plain <c>Free</c> is queued with its size: 25 ns for the allocator, 10 for
    /// the queue. A backlog of as many smaller blocks as the limit allows holds four gigabytes at most.</summary>
    public const long LargeBlockBytes = 4096;

    /// <summary>Blocks of a bulk whose sizes are asked for; if one is large, all are.</summary>
    public const int BlocksAskedOfBulk = 16;

    // Pools.

    /// <summary>Waiting pages from which a renter drives the grace period. Behind it stands no allocator whose cache
    /// would go cold: 8 pages are a twentieth faster than 4, a tenth than 2.</summary>
    public const int DriveRentedPages = 8;

    /// <summary>Pages of a pool's queue left to its owner to rent again. Beyond this it frees more than it
    /// rents.</summary>
    public const int PagesKeptForRenting = DriveRentedPages + 2;

    /// <summary>Blocks ahead of being rented at which a block's first line is asked for.</summary>
    public const int RentPrefetchDistance = 4;

    /// <summary>Bytes of blocks that one thread's magazine may keep from the others, but at least <see
    /// cref="MinMagazine"/> blocks.</summary>
    public const int MaxMagazineBytes = 256 * 1024;

    /// <summary>The fewest blocks that a thread's magazine holds.</summary>
    public const int MinMagazine = 4;

    /// <summary>Full magazines that a depot keeps whole.</summary>
    public const int ShelvedMagazines = 4;

    /// <summary>Empty slabs that a depot keeps from the system.</summary>
    public const int KeptEmptySlabs = 4;

    // Validate.

    /// <summary>Bytes of reclaimed blocks that the process keeps poisoned before they are really freed.</summary>
    public const long QuarantineBytes = 16 * 1024 * 1024;

    /// <summary>How many blocks, likewise.</summary>
    public const int QuarantineBlocks = 32 * 1024;

    /// <summary>Freed blocks of <see cref="PagedHeap"/> whose addresses stay inaccessible.</summary>
    public const int ClosedBlocks = 8 * 1024;
}
