using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent;

// What a process with validation in all domains reports about a mistake; ValidatedProcessTests looks at its output and
// its exit code.
internal static unsafe class Program
{
    private static RcuPointer<Node> s_current;

    private static int Main(string[] arguments)
    {
        switch (arguments[0])
        {
            case "read": // The pointer still leads to the block: it was not unlinked.
                s_current.Assign(NewNode());
                ReclaimCurrent();
                return SaidBy(static () => Rcu.ReadLock().Dereference(in s_current));

            case "read-inside": // A pointer into the middle of it.
                s_current.Assign(NewNode() + 1);
                Reclaim(s_current.LoadProtected() - 1);
                return SaidBy(static () => Rcu.ReadLock().Dereference(in s_current));

            case "read-from": // The pointer lies in the block.
                Node* from = NewNode();
                Reclaim(from);
                return SaidBy(() => Rcu.ReadLock().DereferencePointer(in from->Next));

            case "read-sleepable":
                s_current.Assign(NewNode());
                ReclaimCurrent();
                using (SrcuDomain domain = new())
                {
                    return SaidBy(() =>
                    {
                        using SrcuReadLock section = domain.ReadLock();
                        section.Dereference(in s_current);
                    });
                }

            case "read-live": // No mistake.
                s_current.Assign(NewNode());
                Reclaim(NewNode());
                return SaidBy(static () =>
                {
                    using ReadGuard guard = Rcu.ReadLock();
                    Console.Write(guard.Dereference(in s_current).Value);
                });

            case "pages":
                Node* paged = (Node*)PagedHeap.Alloc((nuint)sizeof(Node));
                paged->Value = 7;
                Console.Write(paged->Value);
                Rcu.Free<PagedHeap>(paged);
                Rcu.Barrier();
                Console.Write(paged->Value); // Faults.
                return 0;

            default:
                return 2;
        }
    }

    private static int SaidBy(Action use)
    {
        try
        {
            use();
        }
        catch (InvalidOperationException e)
        {
            Console.Write(e.Message);
        }

        return 0;
    }

    private static Node* NewNode()
    {
        Node* node = (Node*)NativeMemory.AllocZeroed(4, (nuint)sizeof(Node));
        node->Value = 7;
        node->Next.Assign(node);
        return node;
    }

    private static void ReclaimCurrent() => Reclaim(s_current.LoadProtected());

    // Not inlined: the report names it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Reclaim(Node* node)
    {
        Rcu.Free(node);
        Rcu.Barrier();
    }

    private struct Node
    {
        public long Value;
        public RcuPointer Next;
    }
}
