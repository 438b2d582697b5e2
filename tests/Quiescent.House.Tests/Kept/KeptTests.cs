using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Kept;

/// <summary>No member of a domain's face touches native memory after the domain's last use.</summary>
public sealed class KeptTests
{
    [Fact]
    public void Each_member_of_a_face_keeps_its_domain() => Assert.Empty(KeptCheck.NotKept(Library.Quiescent));

    [Theory]
    [InlineData("bool M() => _core.HasCompleted();")]
    [InlineData("bool M() { return _core.HasCompleted(); }")]
    [InlineData("bool M() { GC.KeepAlive(this); return _core.HasCompleted(); }")]
    [InlineData("void M() { _core.Wait(); }")]
    [InlineData("void M() { GC.KeepAlive(this); _core.Wait(); }")]
    [InlineData("void M() { _core.Wait(); GC.KeepAlive(_core); }")]
    [InlineData("void M() { if (_core.HasCompleted()) { return; } _core.Wait(); }")]
    [InlineData("bool P => _state->IsEmpty();")]
    [InlineData("bool P { get { return *_state != 0; } }")]
    [InlineData("bool M() { if (_core.A()) { return _core.B(); } GC.KeepAlive(this); return false; }")]
    public void One_that_does_not_is_reported(string member) => Assert.Single(NotKept(member));

    [Theory]
    [InlineData("bool M() { bool a = _core.HasCompleted(); GC.KeepAlive(this); return a; }")]
    [InlineData("void M() { _core.Wait(); GC.KeepAlive(this); }")]
    [InlineData("void M() { _core.Wait(); GC.KeepAlive(this); throw _core.Disposed(); }")]
    [InlineData("void M() { Other(_state); }")]
    [InlineData("bool M() => _name;")]
    [InlineData("int Core => _core;")]
    public void One_that_does_is_not(string member) => Assert.Empty(NotKept(member));

    private static IReadOnlyList<string> NotKept(string member) =>
        KeptCheck.NotKept(Library.Compile([("C.cs", $"class RcuDomain {{ {member} }}")]));
}
