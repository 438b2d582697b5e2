using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public class HandleDisposalTests
{
    // Fails when Dispose gives the reader up before it looks for sections: the thread would stay online with no
    // registered reader to leave by.
    [Fact]
    public void A_disposal_refused_inside_a_section_leaves_the_reader_as_it_was()
    {
        using RcuDomain domain = Domains.New();
        RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        ReadGuard guard = domain.ReadLock();
        bool refused = false;
        try
        {
            reader.Dispose();
        }
        catch (InvalidOperationException)
        {
            refused = true;
        }

        Assert.True(refused);
        guard.Dispose();
        reader.QuiescentState();
        reader.ReadLock().Dispose();
        reader.Dispose();
        domain.Synchronize();
    }

    [Fact]
    public void Going_online_in_a_disposed_domain_throws()
    {
        RcuDomain domain = Domains.New();
        RcuReader reader = domain.RegisterReader();
        domain.Dispose();
        bool thrown = false;
        try
        {
            reader.GoOnline();
        }
        catch (ObjectDisposedException)
        {
            thrown = true;
        }

        reader.Dispose();
        Assert.True(thrown);
    }
}
