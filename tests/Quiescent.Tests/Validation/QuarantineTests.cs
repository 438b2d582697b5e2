using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Validation;

// Reclaimed blocks hold poison for a while, and a write to one is found.
public unsafe class QuarantineTests
{
    public enum How
    {
        Headless,
        Bulk,
        Head,
        Aligned,
        AlignedHead,
    }

    public static TheoryData<How> All => [.. Enum.GetValues<How>()];

    [Theory]
    [MemberData(nameof(All))]
    public void A_reclaimed_block_holds_poison(How how)
    {
        using RcuDomain domain = Domains.New(validate: true);
        byte* block = Reclaimed(domain, how);
        Assert.Equal(-1, new ReadOnlySpan<byte>(block, 48).IndexOfAnyExcept(Poison.Value));
        Assert.Equal(0, domain.VerifyReclaimed());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_write_to_it_is_reported_once_by_VerifyReclaimed(How how)
    {
        using RcuDomain domain = Domains.New(validate: true);
        List<MisuseEventArgs> found = [];
        domain.MisuseFound += (_, misuse) => found.Add(misuse);
        byte* block = Reclaimed(domain, how);
        block[40] = 1;
        Assert.Equal(1, domain.VerifyReclaimed());
        Assert.Equal(0, domain.VerifyReclaimed());
        MisuseEventArgs misuse = Assert.Single(found);
        Assert.Equal((MisuseKind.WrittenAfterFree, (nint)(block + 40)), (misuse.Misuse, misuse.Address));
        Sites.MustName(misuse.ToString(), "queued at", "Here", "QuarantineTests.cs");
    }

    [Fact]
    public void A_write_to_it_is_reported_by_Dispose()
    {
        List<MisuseEventArgs> found = [];
        using (RcuDomain domain = Domains.New(validate: true))
        {
            domain.MisuseFound += (_, misuse) => found.Add(misuse);
            Reclaimed(domain, How.Headless)[3] = 1;
        }

        Assert.Equal(MisuseKind.WrittenAfterFree, Assert.Single(found).Misuse);
    }

    [Fact]
    public void Blocks_of_another_domain_stay()
    {
        using RcuDomain domain = Domains.New(validate: true);
        byte* block = Reclaimed(domain, How.Headless);
        using (RcuDomain other = Domains.New(validate: true))
        {
            Reclaimed(other, How.Headless);
        }

        block[1] = 1;
        Assert.Equal(1, domain.VerifyReclaimed());
    }

    // Faults caught: blocks kept for ever, and a block that leaves unchecked.
    [Theory]
    [InlineData(1_000, int.MaxValue)]
    [InlineData(long.MaxValue / 2, 8)]
    public void It_keeps_no_more_than_it_may_and_checks_blocks_that_leave(long maxBytes, int maxBlocks)
    {
        BlockSize.Prepare(); // As whoever makes a block's place does.
        Quarantine quarantine = new(maxBytes, maxBlocks);
        Findings findings = new();
        const string Site = "here";
        nint first = 0;
        List<nint> blocks = [];
        for (int i = 0; i < 100; i++)
        {
            void* block = NativeMemory.Alloc(100);
            first = first == 0 ? (nint)block : first;
            blocks.Add((nint)block);
            quarantine.Take(Deallocators.NativeHeap, new Quarantine.Place((nint)block, Site, findings));
            if (i == 0)
            {
                Assert.Same(Site, quarantine.Find(first + 99));
                *(byte*)first = 1;
            }
        }

        Assert.InRange(blocks.Distinct().Count(block => quarantine.Find(block) is not null), 8, 10);
        Assert.True(findings.TryTake(out Finding finding));
        Assert.Equal((MisuseKind.WrittenAfterFree, first, 0), (finding.Misuse, finding.Block, finding.Offset));
        Assert.False(findings.Any);
        quarantine.ReleaseAll(findings);
        Assert.All(blocks, block => Assert.Null(quarantine.Find(block)));
    }

    [Fact]
    public void An_address_is_found_in_the_block_that_holds_it_alone()
    {
        AddressRanges<string> ranges = new();
        ranges.Add(new AddressRanges<string>.Piece(100, 10, "a"));
        ranges.Add(new AddressRanges<string>.Piece(200, 1, "b"));
        Assert.Equal(
            [null, "a", "a", null, null, "b", null],
            ((nint[])[99, 100, 109, 110, 199, 200, 201]).Select(address => ranges.Holding(address)));
        Assert.Equal(
            [null, "a", "a", null, "b"],
            ((nint Start, nuint Bytes)[])[(90, 10), (90, 11), (100, 1), (101, 99), (101, 100)] is var pieces
                ? pieces.Select(piece => ranges.BeginningIn(piece.Start, piece.Bytes))
                : []);
    }

    // Beside a sorted dictionary. Faults caught: a piece lost, or found where it is not, when another comes or goes.
    [Fact]
    public void Pieces_come_and_go_in_any_order()
    {
        AddressRanges<string> ranges = new();
        SortedDictionary<nint, string> twin = [];
        Random random = new(1);
        for (int i = 0; i < 10_000; i++)
        {
            nint start = random.Next(100) * 16;
            if (twin.Remove(start, out string? known))
            {
                Assert.True(ranges.Remove(start, out string? removed));
                Assert.Same(known, removed);
            }
            else
            {
                Assert.False(ranges.Remove(start, out _));
                twin[start] = $"{i}";
                ranges.Add(new AddressRanges<string>.Piece(start, 16, twin[start]));
            }

            nint address = random.Next(1600);
            Assert.Same(twin.GetValueOrDefault(address & ~15), ranges.Holding(address));
            Assert.Equal(twin.Count, ranges.Count);
        }
    }

    [Fact]
    public void Nothing_is_kept_without_Validate()
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New();
        byte* block = Reclaimed(domain, How.Headless);
        Assert.Null(Quarantine.OfProcess.Find((nint)block));
        Assert.Equal(0, domain.VerifyReclaimed());
    }

    private static byte* Reclaimed(RcuDomain domain, How how)
    {
        byte* block = (byte*)(how >= How.Aligned ? NativeMemory.AlignedAlloc(64, 64) : NativeMemory.Alloc(64));
        FreeHere(domain, how, block);
        Assert.Equal(1, RcuAssert.BooksBalance(domain).BlocksFreed);
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeHere(RcuDomain domain, How how, byte* block)
    {
        switch (how)
        {
            case How.Headless:
                domain.Free(block);
                break;
            case How.Bulk:
                domain.FreeBulk([(nint)block]);
                break;
            case How.Head:
                domain.Free(block, (RcuHead*)(block + 16));
                break;
            case How.Aligned:
                domain.Free<AlignedNativeHeap>(block);
                break;
            default:
                domain.Free<AlignedNativeHeap>(block, (RcuHead*)(block + 16));
                break;
        }
    }
}
