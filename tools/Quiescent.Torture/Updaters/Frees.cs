using Quiescent.Torture.Actors;
using Quiescent.Torture.Blocks;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Updaters;

// The forms of Free: an updater publishes a fresh checked block, and hands over the one that it replaces.
internal static unsafe class Frees
{
    private const int MaxBulk = 40;
    private const int PageBulk = 600;

    /// <exception cref="ObjectDisposedException">The domain is disposed; the refused block waits for the readers'
    /// end.</exception>
    public static void Replace(Subject subject, Primitive form, Rng random)
    {
        if (form == Primitive.FreeBulk)
        {
            ReplaceMany(subject, random);
            return;
        }

        CheckedBlock* old = Unlink(subject, HeapOf(form), random);
        if (old == null)
        {
            return;
        }

        try
        {
            HandOver(subject, old, form);
        }
        catch (OutOfMemoryException) when (ExpectedFaults.Here && !HasHead(form))
        {
            // The block is still the caller's. Through its head it can be freed without any memory.
            HandOver(subject, old, WithHead(form));
        }
        catch (ObjectDisposedException)
        {
            subject.KeepRefused(old, HeapOf(form));
            throw;
        }
    }

    private static void HandOver(Subject subject, CheckedBlock* block, Primitive form)
    {
        // SAFETY: the block was unlinked by an exchange, so it is handed over once, and to the heap that it came from.
        GracePeriodDomain domain = subject.Domain;
        RcuHead* head = CheckedBlock.HeadOf(block);
        switch (form)
        {
            case Primitive.FreeHead:
                domain.Free(block, head);
                break;
            case Primitive.Free:
                domain.Free(block);
                break;
            case Primitive.FreeAlignedHead:
                domain.Free<AlignedNativeHeap>(block, head);
                break;
            case Primitive.FreeAligned:
                domain.Free<AlignedNativeHeap>(block);
                break;
            case Primitive.FreeQuarantineHead:
                domain.Free<QuarantineHeap>(block, head);
                break;
            case Primitive.FreeQuarantine:
                domain.Free<QuarantineHeap>(block);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(form));
        }

        if (HeapOf(form) == BlockHeap.Quarantine)
        {
            subject.Tally.CodeBlockQueued();
        }
        else
        {
            subject.Tally.BlockQueued();
        }
    }

    // All or none, with nulls among them; sometimes more than a page holds.
    private static void ReplaceMany(Subject subject, Rng random)
    {
        int count = random.OneIn(16) ? PageBulk : random.Between(1, MaxBulk);
        Span<nint> blocks = stackalloc nint[count];
        int present = 0;
        foreach (ref nint block in blocks)
        {
            block = (nint)Unlink(subject, BlockHeap.Native, random);
            present += block != 0 ? 1 : 0;
        }

        try
        {
            subject.Domain.FreeBulk(blocks);
            subject.Tally.BlockQueued(present);
        }
        catch (Exception e) when (e is ObjectDisposedException || (e is OutOfMemoryException && ExpectedFaults.Here))
        {
            bool isDisposed = e is ObjectDisposedException;
            foreach (nint block in blocks)
            {
                if (block != 0 && isDisposed)
                {
                    subject.KeepRefused((void*)block, BlockHeap.Native);
                }
                else if (block != 0)
                {
                    HandOver(subject, (CheckedBlock*)block, Primitive.FreeHead);
                }
            }

            if (isDisposed)
            {
                throw;
            }
        }
    }

    private static CheckedBlock* Unlink(Subject subject, BlockHeap heap, Rng random) =>
        subject.Shelves[(int)heap].Replace(CheckedBlock.Allocate(heap, subject.Handle, random), random);

    private static BlockHeap HeapOf(Primitive form) => form switch
    {
        Primitive.FreeAlignedHead or Primitive.FreeAligned => BlockHeap.Aligned,
        Primitive.FreeQuarantineHead or Primitive.FreeQuarantine => BlockHeap.Quarantine,
        _ => BlockHeap.Native,
    };

    private static bool HasHead(Primitive form) =>
        form is Primitive.FreeHead or Primitive.FreeAlignedHead or Primitive.FreeQuarantineHead;

    // The forms come in pairs.
    private static Primitive WithHead(Primitive form) => form - 1;
}
