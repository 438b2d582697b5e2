namespace Quiescent.Tests.Support;

// A wait inside a section that a test means: Validate objects to others, but leaves alone what waits under a context
// that the program has set since the section began.
internal static class DeliberateWait
{
    public static void Run(Action wait) => Run(() =>
    {
        wait();
        return true;
    });

    public static T Run<T>(Func<T> wait)
    {
        SynchronizationContext? watch = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return wait();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(watch);
        }
    }
}
