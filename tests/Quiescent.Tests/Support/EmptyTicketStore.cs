using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Faults;

namespace Quiescent.Tests.Support;

// Holds all tickets that the process has to give, so that a section asks for memory. Whatever tests ran before, a place
// that can fail there is reached.
internal sealed unsafe class EmptyTicketStore : IDisposable
{
    private Ticket* _taken;

    public EmptyTicketStore()
    {
        using Failures failures = new(FaultSite.Ticket, Failing.Every);
        try
        {
            while (true)
            {
                Ticket* ticket = TicketStore.OfProcess.Take();
                ticket->Next = _taken;
                _taken = ticket;
            }
        }
        catch (OutOfMemoryException)
        {
            // It is empty.
        }
    }

    public void Dispose()
    {
        TicketStore.OfProcess.GiveBack(_taken);
        _taken = null;
    }
}
