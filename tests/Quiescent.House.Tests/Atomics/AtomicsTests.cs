using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Atomics;

/// <summary>The library has one door to atomics. The build checks it too; this test shows that the list is not
/// empty.</summary>
public sealed class AtomicsTests
{
    [Fact]
    public async Task The_library_has_one_door_to_atomics() => Assert.Equal(
        ["src/Quiescent/Ordering/Order.cs"],
        await AtomicsCheck.FilesWithAtomics(Library.Quiescent, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("long M(ref long a) => Volatile.Read(ref a);")]
    [InlineData("void M(ref long a) => Volatile.Write(ref a, 1);")]
    [InlineData("void M(ref long a) => Interlocked.Increment(ref a);")]
    [InlineData("void M() => System.Threading.Interlocked.MemoryBarrierProcessWide();")]
    [InlineData("void M() => Thread.MemoryBarrier();")]
    [InlineData("int M(ref int a) => Thread.VolatileRead(ref a);")]
    [InlineData("void M(ref object a) => Thread.VolatileWrite(ref a, a);")]
    [InlineData("volatile int a;")]
    public async Task Another_door_is_found(string member) => Assert.Equal(["C.cs"], await FilesWithAtomics(member));

    [Theory]
    [InlineData("void M() => Thread.Yield();")]
    [InlineData("// Volatile.Read and Interlocked are for Order.cs.")]
    public async Task Other_code_is_not(string member) => Assert.Empty(await FilesWithAtomics(member));

    private static Task<IReadOnlyList<string>> FilesWithAtomics(string member) => AtomicsCheck.FilesWithAtomics(
        Library.Compile([("C.cs", $"class C\n{{\n{member}\n}}\n")]), TestContext.Current.CancellationToken);
}
