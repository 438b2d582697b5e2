namespace Quiescent.Torture.Litmus.Readers;

// Sections of SrcuDomain.ReadLock.
internal readonly unsafe struct SleepableSections(SrcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            using SrcuReadLock section = domain.ReadLock();
            body.Inside(section.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}
