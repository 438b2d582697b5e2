namespace Quiescent.CompileTests;

/// <summary>A span over a resource stays in its sleepable section, and does not cross an await or a yield; memory
/// does.</summary>
public class SleepableResourceTests
{
    [Fact]
    public void A_sleepable_section_crosses_an_await_and_memory_does_but_no_span() => Snippet.Draws(
        "CS4007",
        illegal: """
            static async Task<int> First(SrcuDomain domain, RcuMemoryMappedFile file)
            {
                using SrcuReadLock section = domain.ReadLock();
                ReadOnlySpan<byte> content = section.Dereference(file);
                await Task.Yield();
                return content[0];
            }
            """,
        legal: """
            static async Task<int> First(SrcuDomain domain, RcuMemoryMappedFile file, System.IO.Stream stream)
            {
                using SrcuReadLock section = domain.ReadLock();
                ReadOnlyMemory<byte> content = section.DereferenceMemory(file);
                await stream.WriteAsync(content);
                return content.Span[0] + section.Dereference(file)[0];
            }
            """);

    [Fact]
    public void A_span_of_memory_does_not_cross_a_yield_in_a_sleepable_section() => Snippet.Draws(
        "CS4007",
        illegal: """
            static IEnumerable<int> Values(SrcuDomain domain, RcuMemoryManager<int> memory)
            {
                using SrcuReadLock section = domain.ReadLock();
                ReadOnlySpan<int> values = section.Dereference(memory);
                yield return 1;
                yield return values[0];
            }
            """,
        legal: """
            static IEnumerable<int> Values(SrcuDomain domain, RcuMemoryManager<int> memory)
            {
                using SrcuReadLock section = domain.ReadLock();
                yield return 1;
                yield return section.Dereference(memory)[0];
            }
            """);

    [Fact]
    public void A_span_is_not_returned_from_the_method_that_holds_a_lock() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Content(SrcuDomain domain, RcuMemoryMappedFile file)
            {
                using SrcuReadLock section = domain.ReadLock();
                ReadOnlySpan<byte> content = section.Dereference(file, 0, 4);
                return content;
            }
            """,
        legal: """
            static byte[] Content(SrcuDomain domain, RcuMemoryMappedFile file)
            {
                using SrcuReadLock section = domain.ReadLock();
                ReadOnlySpan<byte> content = section.Dereference(file, 0, 4);
                return content.ToArray();
            }
            """);

    [Fact]
    public void A_guard_of_a_sleepable_section_alone_gives_memory() => Snippet.Draws(
        "CS1929",
        illegal: """
            static int First(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                return guard.DereferenceMemory(file).Span[0];
            }
            """,
        legal: """
            static int First(SrcuDomain domain, RcuMemoryMappedFile file)
            {
                using var section = domain.ReadLock();
                return section.DereferenceMemory(file).Span[0];
            }
            """);
}
