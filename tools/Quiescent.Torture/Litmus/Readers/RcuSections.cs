namespace Quiescent.Torture.Litmus.Readers;

// Sections of RcuDomain.ReadLock.
internal readonly unsafe struct GuardSections(RcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            using ReadGuard guard = domain.ReadLock();
            body.Inside(guard.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// The default domain's, through its own fast path.
internal readonly unsafe struct DefaultDomainSections : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        while (body.Next())
        {
            using ReadGuard guard = Rcu.ReadLock();
            body.Inside(guard.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => Rcu.Synchronize();
}

// Sections of a registered reader.
internal readonly unsafe struct RegisteredReaderSections(RcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        using RcuReader reader = domain.RegisterReader();
        while (body.Next())
        {
            using ReadGuard guard = reader.ReadLock();
            body.Inside(guard.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// The step from offline to online, the only one of quiescent-state mode that needs a barrier on x86.
internal readonly unsafe struct GoOnlineSections(RcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        using RcuReader reader = domain.RegisterReader();
        while (body.Next())
        {
            reader.GoOnline();
            using (ReadGuard guard = reader.ReadLock())
            {
                body.Inside(guard.DereferencePointer(in *body.Pointer));
            }

            reader.GoOffline();
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// Free sections of a reader that stays online; a quiescent state ends each.
internal readonly unsafe struct QuiescentStateSections(RcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        while (body.Next())
        {
            reader.QuiescentState();
            using ReadGuard guard = reader.ReadLock();
            body.Inside(guard.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}

// One guard, renewed before each look.
internal readonly unsafe struct RenewedSections(RcuDomain domain) : ISections
{
    public void Read<TBody>(ref TBody body)
        where TBody : struct, ISectionBody
    {
        using ReadGuard guard = domain.ReadLock();
        while (body.Next())
        {
            guard.Renew();
            body.Inside(guard.DereferencePointer(in *body.Pointer));
        }
    }

    public void Synchronize() => domain.Synchronize();
}
