namespace Quiescent.CompileTests;

/// <summary>A read or write of a lock belongs to the thread that is inside.</summary>
public class LockTests
{
    [Theory]
    [InlineData("Read")]
    [InlineData("Write")]
    public void A_scope_is_not_held_across_an_await(string side) => Snippet.Draws(
        "CS4007",
        illegal: $$"""
            static async Task Wait(RcuReaderWriterLock table)
            {
                using (table.{{side}}())
                {
                    await Task.Yield();
                }
            }
            """,
        legal: $$"""
            static async Task Wait(RcuReaderWriterLock table)
            {
                using (table.{{side}}())
                {
                }

                await Task.Yield();
            }
            """);

    [Theory]
    [InlineData("ReadScope", "Read")]
    [InlineData("WriteScope", "Write")]
    public void A_scope_is_not_kept_in_a_field(string type, string side) => Snippet.Draws(
        "CS8345",
        illegal: $$"""
            static RcuReaderWriterLock.{{type}} s_scope;
            static void Take(RcuReaderWriterLock table) => s_scope = table.{{side}}();
            """,
        legal: $$"""
            static void Take(RcuReaderWriterLock table) => table.{{side}}().Dispose();
            """);
}
