using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Blocks;

public sealed unsafe class CheckedBlockTests
{
    private readonly FailureLog _failures = Log.New();
    private readonly Rng _random = new(2);

    [Fact]
    public void A_block_that_nobody_touches_is_intact()
    {
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Native, owner: 0, _random);
        Sighting seen = new(block);
        Assert.Null(seen.Fault());
        CheckedBlock.FreeAtOnce(block, BlockHeap.Native);
    }

    // The busted twin of a free that waits: malloc links its free list through a block that a reader holds. Done by
    // hand, since a block that has really been freed must not be read in a test.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_block_whose_words_malloc_has_used_is_a_failure(int word)
    {
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Native, owner: 0, _random);
        Sighting seen = new(block);
        ((nint*)block)[word] = 0x1234;
        Assert.NotNull(seen.Fault());
        CheckedBlock.FreeAtOnce(block, BlockHeap.Native);
    }

    // The same, and the memory has become another block since, which is whole.
    [Fact]
    public void A_block_that_has_become_another_is_a_failure()
    {
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Native, owner: 0, _random);
        CheckedBlock* next = CheckedBlock.Allocate(BlockHeap.Native, owner: 0, _random);
        Sighting seen = new(block);
        block->Generation = next->Generation;
        Assert.Contains("became another", seen.Fault(), StringComparison.Ordinal);
        CheckedBlock.FreeAtOnce(block, BlockHeap.Native);
        CheckedBlock.FreeAtOnce(next, BlockHeap.Native);
    }

    // The library writes into the head of a queued block while readers still read it: that must not look like damage.
    [Fact]
    public void Writing_the_head_leaves_the_block_intact()
    {
        for (int i = 0; i < 1000; i++)
        {
            CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Native, owner: 0, _random);
            new Span<byte>(CheckedBlock.HeadOf(block), sizeof(RcuHead)).Fill(0xFF);
            Assert.True(CheckedBlock.IsIntact(block));
            Assert.InRange((byte*)CheckedBlock.HeadOf(block) + sizeof(RcuHead) - (byte*)block, 0, block->Bytes);
            CheckedBlock.FreeAtOnce(block, BlockHeap.Native);
        }
    }

    // The control of the two that follow.
    [Fact]
    public void A_block_freed_once_and_not_touched_leaves_the_quarantine_without_a_report()
    {
        using RcuSubject subject = RcuSubject.New("quarantine", _failures);
        for (int i = 0; i < 3000; i++)
        {
            subject.Quarantine.Admit(CheckedBlock.Allocate(BlockHeap.Quarantine, subject.Handle, _random));
        }

        subject.Quarantine.Dispose();
        Assert.False(_failures.Any);
    }

    // The busted twin of a deallocator that is called once.
    [Fact]
    public void A_block_that_is_freed_twice_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("quarantine", _failures);
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Quarantine, subject.Handle, _random);
        subject.Quarantine.Admit(block);
        subject.Quarantine.Admit(block);
        Log.MustHold(_failures, "twice");
        Assert.Throws<InvalidOperationException>(() => QuarantineHeap.Free(block));
    }

    // The busted twin of an updater, or of the library, that does not touch a block which it has handed over.
    [Fact]
    public void A_block_that_is_written_to_after_it_was_freed_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("quarantine", _failures);
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Quarantine, subject.Handle, _random);
        RcuHead* head = CheckedBlock.HeadOf(block);
        subject.Quarantine.Admit(block);
        *head = default;
        subject.Quarantine.Dispose();
        Log.MustHold(_failures, "written to after it had been freed");
    }

    // A reader that holds a block in quarantine sees that it is one.
    [Fact]
    public void A_poisoned_block_is_a_failure_of_the_reader_that_holds_it()
    {
        using RcuSubject subject = RcuSubject.New("quarantine", _failures);
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Quarantine, subject.Handle, _random);
        Sighting seen = new(block);
        subject.Quarantine.Admit(block);
        Assert.NotNull(seen.Fault());
    }

    // A block must be damaged for the mark alone, too: the quarantine takes it for a second free.
    [Fact]
    public void A_block_that_comes_damaged_is_a_failure()
    {
        using RcuSubject subject = RcuSubject.New("quarantine", _failures);
        CheckedBlock* block = CheckedBlock.Allocate(BlockHeap.Quarantine, subject.Handle, _random);
        block->Mark++;
        subject.Quarantine.Admit(block);
        Log.MustHold(_failures, "damaged");
        NativeMemory.Free(block);
    }
}
