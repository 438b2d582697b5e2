using System.Runtime.InteropServices;

namespace Quiescent.Testing.Tests;

public sealed unsafe class QuarantineHeapTests : IDisposable
{
    // The heap is one for the process: other tests have left blocks there.
    public QuarantineHeapTests() => QuarantineHeap.Empty();

    public void Dispose() => QuarantineHeap.Empty();

    [Fact]
    public void A_freed_block_reads_as_poison()
    {
        ulong* block = QuarantineHeap.New(7UL);
        RcuAssert.Alive(block);
        QuarantineHeap.Free(block);
        RcuAssert.Freed(block);
        Assert.Equal(0x6B6B6B6B6B6B6B6BUL, *block);
        Assert.True(QuarantineHeap.IsPoison(in *block));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0x6B6B6B6B6B6B6B00UL)]
    [InlineData(0x006B6B6B6B6B6B6BUL)]
    public void A_value_with_another_byte_is_no_poison(ulong value) => Assert.False(QuarantineHeap.IsPoison(in value));

    [Fact]
    public void A_write_after_the_free_is_found()
    {
        long* block = QuarantineHeap.New(7L);
        QuarantineHeap.Free(block);
        *block = 8;
        RcuAssertException found = Assert.Throws<RcuAssertException>(QuarantineHeap.Verify);
        Assert.Contains($"0x{(nint)block:x}", found.Message, StringComparison.Ordinal);
        *block = 0x6B6B6B6B6B6B6B6B;
        QuarantineHeap.Verify();
    }

    [Fact]
    public void A_second_free_is_found_also_where_the_reclaimer_meets_it()
    {
        using RcuDomain domain = new();
        using MisuseRecorder reports = new(domain);
        long* block = QuarantineHeap.New(7L);
        domain.Free<QuarantineHeap>(block);
        domain.Barrier();
        domain.Free<QuarantineHeap>(block);
        domain.Barrier();
        Assert.Single(reports.Reports.OfType<CallbackFailedEventArgs>());
        Assert.Throws<RcuAssertException>(reports.AssertNone);
        Assert.Throws<RcuAssertException>(QuarantineHeap.Verify);
        Assert.Throws<RcuAssertException>(() => RcuAssert.BooksBalance(domain));
    }

    [Fact]
    public void A_block_of_another_heap_is_refused()
    {
        void* stranger = NativeMemory.Alloc(8);
        Assert.Throws<RcuAssertException>(() => QuarantineHeap.Free(stranger));
        NativeMemory.Free(stranger);
        Assert.Throws<RcuAssertException>(QuarantineHeap.Verify);
    }

    [Fact]
    public void A_block_is_neither_alive_nor_freed_after_it_has_left()
    {
        long* block = QuarantineHeap.New(7L);
        QuarantineHeap.Free(block);
        Assert.Equal(1, QuarantineHeap.Empty());
        Assert.Throws<RcuAssertException>(() => RcuAssert.Alive(block));
        Assert.Throws<RcuAssertException>(() => RcuAssert.Freed(block));
    }

    [Fact]
    public void The_quarantine_is_bounded()
    {
        const int Bytes = 1 << 20;
        QuarantineHeap.Free(QuarantineHeap.Allocate(Bytes));
        for (long kept = 0; kept < QuarantineHeap.Capacity; kept += Bytes)
        {
            QuarantineHeap.Free(QuarantineHeap.Allocate(Bytes));
        }

        Assert.Equal(QuarantineHeap.Capacity / Bytes, QuarantineHeap.Empty());
    }
}
