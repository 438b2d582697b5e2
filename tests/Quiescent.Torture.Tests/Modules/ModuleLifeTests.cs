using Quiescent.Torture.Modules;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Modules;

// The check that an unloading is safe, and its busted twin.
public sealed class ModuleLifeTests
{
    [Fact]
    public void A_module_whose_callbacks_have_all_run_when_it_is_unloaded_is_in_order_and_is_collected()
    {
        FailureLog failures = Log.New();
        using SrcuSubject subject = SrcuSubject.New("modules", failures);
        Form[] forms = Enum.GetValues<Form>();
        using ModuleLife life = new(forms.Length, failures);
        Array.ForEach(forms, form => life.Queue(subject, form));
        life.Unload();
        life.AwaitCollection();
        subject.Domain.Barrier();
        BooksCheck.Check(subject);
        Assert.False(failures.Any);
    }

    // The busted twin of RcuModule.Attach: it waits for nothing. The section ends when that has been noticed.
    [Fact]
    public void A_module_that_is_unloaded_before_its_callbacks_have_run_is_a_failure()
    {
        SrcuReadLock section = default;
        FailureLog failures = new(() => section.Dispose());
        using SrcuSubject subject = SrcuSubject.New("modules", failures);
        using ModuleLife life = new(items: 2, failures, attach: false);
        section = subject.ReadLock();
        life.Queue(subject, Form.Function);
        life.Queue(subject, Form.Block);
        life.Unload();
        Log.MustHold(failures, "unloaded while 1 of its 2 items had not run");
    }
}
