using System.Runtime.InteropServices;
using Quiescent;

// Two domains: blocks and a callback that wait for a reader that stays, and an open sleepable section. A third domain
// is disposed of when a line arrives; the program runs until its standard input ends.
if (args is ["none"])
{
    Console.WriteLine("ready");
    Console.In.ReadToEnd();
    return;
}

using RcuDomain orders = new(new RcuDomainOptions
{
    Name = "orders, open",
    StallTimeout = TimeSpan.FromMilliseconds(200),
    BacklogLimit = 5_000,
});
using RcuDomain passing = new(new RcuDomainOptions { Name = "passing" });
using SrcuDomain files = new(new RcuDomainOptions { Name = "files" });
using ManualResetEventSlim inside = new();
using ManualResetEventSlim leave = new();
Thread reader = new(() =>
{
    using ReadGuard guard = orders.ReadLock();
    inside.Set();
    SynchronizationContext.SetSynchronizationContext(null); // The wait is meant: Validate does not see it.
    leave.Wait();
})
{
    Name = "slow-reader",
};
reader.Start();
inside.Wait();

SrcuReadLock section = files.ReadLock();
for (int i = 0; i < 100; i++)
{
    unsafe
    {
        // SAFETY: a fresh block of the native heap that nobody else knows.
        orders.Free(NativeMemory.Alloc(16));
    }
}

orders.Call(static () => throw new InvalidOperationException("after the reader"));
Console.WriteLine("ready");
if (Console.ReadLine() is not null)
{
    passing.Dispose();
    Console.In.ReadToEnd();
}

leave.Set();
reader.Join();
files.ReadUnlock(section);
