namespace Quiescent.Tests;

public sealed class WeightTests
{
    // LINQ brings the runtime's type loader into native programs. What the compiler makes of itself, as of a spread of
    // an IEnumerable<T>, is not in the sources, where a test of the house looks.
    [Fact]
    public void The_library_does_not_refer_to_LINQ() => Assert.DoesNotContain(
        typeof(RcuDomain).Assembly.GetReferencedAssemblies(), reference => reference.Name == "System.Linq");
}
