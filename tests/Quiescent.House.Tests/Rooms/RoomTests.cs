using Microsoft.CodeAnalysis;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Rooms;

/// <summary>The rooms of src/Quiescent point downward.</summary>
public sealed class RoomTests
{
    // The generator of LibraryImport does not run here.
    private const string NoImplementation = "CS8795";

    [Fact]
    public void The_sources_compile_so_that_each_name_is_looked_up() => Assert.DoesNotContain(
        Library.Quiescent.GetDiagnostics(TestContext.Current.CancellationToken),
        finding => finding.Severity == DiagnosticSeverity.Error && finding.Id != NoImplementation);

    [Fact]
    public void Each_folder_is_a_room_and_each_type_stands_in_one() =>
        Assert.Empty(RoomCheck.Misplaced(Library.Quiescent));

    [Fact]
    public void Each_room_uses_itself_and_those_below_it()
    {
        IReadOnlyList<RoomUse> uses = RoomCheck.Uses(Library.Quiescent);
        Assert.True(RoomCheck.Upward(uses).Count == 0, RoomReport.Of(uses));
    }
}
