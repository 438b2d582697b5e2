namespace Quiescent.CompileTests;

/// <summary>A span over a resource refers out of the section as much as a dereferenced pointer does: it stays in the
/// section.</summary>
public class ResourceTests
{
    [Fact]
    public void A_span_of_a_file_is_not_returned_from_the_method_that_opened_the_section() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Content(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                return content;
            }
            """,
        legal: """
            static byte[] Content(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                return content.ToArray();
            }
            """);

    [Fact]
    public void Nor_is_one_without_a_name() => Snippet.Draws(
        ["CS8168", "CS8347"],
        illegal: """
            static ReadOnlySpan<byte> Content(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(file);
            }
            """,
        legal: """
            static byte[] Content(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(file).ToArray();
            }
            """);

    [Fact]
    public void Nor_is_one_over_a_part_of_a_file() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Head(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> head = guard.Dereference(file, 0, 16);
                return head;
            }
            """,
        legal: """
            static int Head(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> head = guard.Dereference(file, 0, 16);
                return head[0];
            }
            """);

    [Fact]
    public void Nor_is_one_over_native_memory() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<int> Values(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<int> values = guard.Dereference(memory);
                return values;
            }
            """,
        legal: """
            static int Sum(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                int sum = 0;
                foreach (int value in guard.Dereference(memory))
                {
                    sum += value;
                }

                return sum;
            }
            """);

    [Fact]
    public void A_slice_is_held_to_the_same() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Tail(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> tail = guard.Dereference(file)[16..];
                return tail;
            }
            """,
        legal: """
            static bool StartsWith(RcuMemoryMappedFile file, ReadOnlySpan<byte> text)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> head = guard.Dereference(file)[..text.Length];
                return head.SequenceEqual(text);
            }
            """);

    [Fact]
    public void A_reference_into_a_span_is_held_to_the_same() => Snippet.Draws(
        "CS8157",
        illegal: """
            static ref readonly int First(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                ref readonly int first = ref guard.Dereference(memory)[0];
                return ref first;
            }
            """,
        legal: """
            static int First(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                ref readonly int first = ref guard.Dereference(memory)[0];
                return first;
            }
            """);

    [Fact]
    public void A_span_does_not_outlive_the_guard_s_block() => Snippet.Draws(
        ["CS8168", "CS8347"],
        illegal: """
            static int First(RcuMemoryMappedFile file)
            {
                ReadOnlySpan<byte> content = [];
                using (var guard = Rcu.ReadLock())
                {
                    content = guard.Dereference(file);
                }

                return content[0];
            }
            """,
        legal: """
            static int First(RcuMemoryMappedFile file)
            {
                using (var guard = Rcu.ReadLock())
                {
                    ReadOnlySpan<byte> content = guard.Dereference(file);
                    return content[0];
                }
            }
            """);

    [Fact]
    public void An_inner_section_s_span_is_not_kept_in_the_outer_section() => Snippet.Draws(
        ["CS8347", "CS8352"],
        illegal: """
            static int First(RcuMemoryMappedFile file)
            {
                using var outer = Rcu.ReadLock();
                ReadOnlySpan<byte> content = outer.Dereference(file);
                using (var inner = Rcu.ReadLock())
                {
                    content = inner.Dereference(file);
                }

                return content[0];
            }
            """,
        legal: """
            static int First(RcuMemoryMappedFile file)
            {
                using var outer = Rcu.ReadLock();
                ReadOnlySpan<byte> content = outer.Dereference(file);
                using (var inner = Rcu.ReadLock())
                {
                    content = outer.Dereference(file);
                }

                return content[0];
            }
            """);

    [Fact]
    public void A_span_read_through_a_registered_reader_stays_in_its_section() => Snippet.Draws(
        "CS8352",
        illegal: """
            static ReadOnlySpan<byte> Content(RcuMemoryMappedFile file)
            {
                using var reader = Rcu.RegisterReader();
                using var guard = reader.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                return content;
            }
            """,
        legal: """
            static int Length(RcuMemoryMappedFile file)
            {
                using var reader = Rcu.RegisterReader();
                using var guard = reader.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                return content.Length;
            }
            """);

    [Fact]
    public void A_helper_returns_a_span_of_its_caller_s_section_but_not_beyond_it() => Snippet.Draws(
        ["CS8168", "CS8347"],
        illegal: """
            static ReadOnlySpan<byte> Head(ref readonly ReadGuard guard, RcuMemoryMappedFile file) => guard.Dereference(file)[..4];

            static ReadOnlySpan<byte> Outside(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                return Head(in guard, file);
            }
            """,
        legal: """
            static ReadOnlySpan<byte> Head(ref readonly ReadGuard guard, RcuMemoryMappedFile file) => guard.Dereference(file)[..4];

            static int Inside(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                return Head(in guard, file)[0];
            }
            """);

    [Fact]
    public void A_helper_that_takes_the_guard_by_value_returns_no_span() => Snippet.Draws(
        ["CS8166", "CS8347"],
        illegal: "static ReadOnlySpan<byte> All(ReadGuard guard, RcuMemoryMappedFile file) => guard.Dereference(file);",
        legal:
            "static ReadOnlySpan<byte> All(in ReadGuard guard, RcuMemoryMappedFile file) => guard.Dereference(file);");

    [Fact]
    public void A_section_with_its_span_is_not_held_across_an_await() => Snippet.Draws(
        ["CS4007", "CS4007"],
        illegal: """
            static async Task<int> First(RcuMemoryMappedFile file)
            {
                using var guard = Rcu.ReadLock();
                ReadOnlySpan<byte> content = guard.Dereference(file);
                await Task.Yield();
                return content[0];
            }
            """,
        legal: """
            static async Task<int> First(RcuMemoryMappedFile file)
            {
                int first;
                using (var guard = Rcu.ReadLock())
                {
                    ReadOnlySpan<byte> content = guard.Dereference(file);
                    first = content[0];
                }

                await Task.Yield();
                return first;
            }
            """);

    [Fact]
    public void A_span_is_not_stored_in_an_object() => Snippet.Draws(
        "CS8345",
        illegal: "class Holder { public ReadOnlySpan<byte> Content; }",
        legal: "class Holder { public RcuMemoryMappedFile Content; public RcuReference<System.IO.Stream> Stream; }");

    [Fact]
    public void A_span_is_read_and_not_written() => Snippet.Draws(
        "CS8331",
        illegal: """
            static void Write(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                guard.Dereference(memory)[0] = 1;
            }
            """,
        legal: """
            static int Read(RcuMemoryManager<int> memory)
            {
                using var guard = Rcu.ReadLock();
                return guard.Dereference(memory)[0];
            }
            """);

    [Fact]
    public void Objects_and_handles_are_used_as_they_are() => Snippet.Draws(
        "CS0452",
        illegal: "static RcuReference<MyStruct> Reference; struct MyStruct : IDisposable { public void Dispose() { } }",
        legal: """
            sealed class Opened : RcuSafeHandle
            {
                public Opened(nint number, GracePeriodDomain domain) : base(-1, true, domain) => SetHandle(number);
                public override bool IsInvalid => handle == -1;
                protected override bool ReleaseHandle() => true;
            }

            static long Use(Opened opened, RcuReference<System.IO.Stream> reference, SrcuDomain domain)
            {
                using var guard = Rcu.ReadLock();
                nint number = guard.Dereference(opened);
                long length = guard.Dereference(reference)?.Length ?? 0;
                using SrcuReadLock section = domain.ReadLock();
                return number + length + section.Dereference(opened) + (section.Dereference(reference) is null ? 0 : 1);
            }
            """);

    [Fact]
    public void In_an_unsafe_context_a_span_that_leaves_is_only_a_warning() => Snippet.DrawsOnlyAWarningIfUnsafe(
        "CS8352",
        "CS9080",
        """
        static ReadOnlySpan<byte> Content(RcuMemoryMappedFile file)
        {
            using var guard = Rcu.ReadLock();
            ReadOnlySpan<byte> content = guard.Dereference(file);
            return content;
        }
        """);
}
