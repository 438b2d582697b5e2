using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent;

namespace Figures;

// One section, one dereference, one field: a call of a non-inlined method per operation, so that the thread-local look-up is
// paid each time, as it is in a program.
internal static unsafe class Sections
{
    private const int Operations = 5_000_000;

    private static readonly RcuDomain s_domain = new();
    private static readonly RcuPointer<long>* s_pointer = Publish();

    public static void Floor()
    {
        for (int i = 0; i < Operations; i++)
        {
            ReadPlain(s_pointer);
        }
    }

    public static void Guard()
    {
        for (int i = 0; i < Operations; i++)
        {
            ReadUnderGuard(s_pointer);
        }
    }

    public static void GuardOfDomain()
    {
        for (int i = 0; i < Operations; i++)
        {
            ReadUnderGuard(s_domain, s_pointer);
        }
    }

    public static void Handle()
    {
        using RcuReader reader = Rcu.RegisterReader();
        for (int i = 0; i < Operations; i++)
        {
            ReadByHandle(reader, s_pointer);
        }
    }

    public static void Online()
    {
        using RcuReader reader = Rcu.RegisterReader();
        reader.GoOnline();
        for (int i = 0; i < Operations; i++)
        {
            ReadByHandle(reader, s_pointer);
        }

        reader.GoOffline();
    }

    public static double NanosecondsPerOperation(TimeSpan time) => time.TotalNanoseconds / Operations;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ReadPlain(RcuPointer<long>* pointer) => *pointer->LoadProtected();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ReadUnderGuard(RcuPointer<long>* pointer)
    {
        using ReadGuard guard = Rcu.ReadLock();
        return guard.Dereference(in *pointer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ReadUnderGuard(RcuDomain domain, RcuPointer<long>* pointer)
    {
        using ReadGuard guard = domain.ReadLock();
        return guard.Dereference(in *pointer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ReadByHandle(RcuReader reader, RcuPointer<long>* pointer)
    {
        using ReadGuard guard = reader.ReadLock();
        return guard.Dereference(in *pointer);
    }

    // SAFETY: both live as long as the process.
    private static RcuPointer<long>* Publish()
    {
        RcuPointer<long>* pointer = (RcuPointer<long>*)NativeMemory.AllocZeroed(8);
        pointer->Assign((long*)NativeMemory.AllocZeroed(64));
        return pointer;
    }
}
