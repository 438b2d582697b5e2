namespace Quiescent.Readers;

// The core of a domain with strict grace periods.
internal interface IStrictCore
{
    /// <summary>An outermost section of this thread has ended. With no lock held; waits for no reader and throws
    /// nothing.</summary>
    void AfterSection();
}
