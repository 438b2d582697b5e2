using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

public sealed class SourceEditTests
{
    private const string Source = """
        internal sealed class Queue
        {
            private int _count;

            public void Push(int value)
            {
                Lock();
                if (_count == 0)
                {
                    Wake(); // O7

                    // Only then.
                    _count++;
                }

                Unlock();
            }

            public void Push() => Push(0);

            public void Pop()
            {
                Lock();
                Unlock();
                Lock();
            }
        }
        """;

    [Fact]
    public void The_text_is_replaced_in_its_member_alone_and_indented_like_it()
    {
        string changed = Apply("Queue.Push", ["Unlock();"], ["if (true)", "{", "    Unlock();", "}"]);
        Assert.Equal(
            Source.Replace(
                """
                        }

                        Unlock();
                """,
                """
                        }

                        if (true)
                        {
                            Unlock();
                        }
                """,
                StringComparison.Ordinal),
            changed);
    }

    [Fact]
    public void Indentation_blank_lines_and_comments_between_lines_do_not_count()
    {
        string changed = Apply("Queue.Push", ["Wake();", "_count++;"], ["_count++;"]);
        Assert.DoesNotContain("Wake", changed, StringComparison.Ordinal);
        Assert.Contains("            _count++;\n        }\n\n        Unlock();", changed, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_takes_the_place_of_a_text_that_is_left_out() =>
        Assert.DoesNotContain("Wake", Apply("Queue.Push", ["Wake();"], [""]), StringComparison.Ordinal);

    [Theory]
    [InlineData("Queue.Pop", "Lock();", "occurs 2 times")] // The twin: `Unlock();` there occurs once.
    [InlineData("Queue.Push", "Push(", "occurs 3 times")] // Overloads count together.
    [InlineData("Queue.Pop", "Wake();", "occurs 0 times")] // It stands in another member.
    [InlineData("Queue.Peek", "Lock();", "no member Queue.Peek")]
    [InlineData("Stack.Pop", "Lock();", "no member Stack.Pop")]
    public void A_text_that_does_not_occur_exactly_once_in_its_member_is_refused(
        string member, string find, string said)
    {
        ManifestException refused = Assert.Throws<ManifestException>(() => Apply(member, [find], [""]));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    private static string Apply(string member, string[] find, string[] replace) =>
        new SourceEdit { File = "Queue.cs", Member = member, Find = find, Replace = replace }.ApplyTo(Source);
}
