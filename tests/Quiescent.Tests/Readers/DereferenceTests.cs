using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

public sealed unsafe class DereferenceTests
{
    [Fact]
    public void Dereference_gives_the_block_that_was_published()
    {
        using RcuDomain domain = Domains.New();
        Node* node = Node.New(7);
        RcuPointer<Node> pointer = default;
        pointer.Assign(node);
        using (ReadGuard guard = domain.ReadLock())
        {
            ref readonly Node found = ref guard.Dereference(in pointer);
            Assert.False(domain.IsNull(in found));
            Assert.False(Rcu.IsNull(in found));
            Assert.Equal(7, found.Value);
            Assert.True(guard.DereferencePointer(in pointer) == node);

            // A reference, not a copy: it sees what the block's owner stores.
            node->Value = 8;
            Assert.Equal(8, found.Value);
        }

        NativeMemory.Free(node);
    }

    [Fact]
    public void Dereference_of_an_untyped_pointer_gives_the_type_that_is_named()
    {
        using RcuDomain domain = Domains.New();
        Node* node = Node.New(9);
        RcuPointer pointer = default;
        pointer.Assign(node);
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Equal(9, guard.Dereference<Node>(in pointer).Value);
            Assert.True(guard.DereferencePointer(in pointer) == node);
        }

        NativeMemory.Free(node);
    }

    [Fact]
    public void A_null_pointer_gives_a_null_reference_and_reading_it_throws()
    {
        using RcuDomain domain = Domains.New();
        RcuPointer<Node> typed = default;
        RcuPointer untyped = default;
        using ReadGuard guard = domain.ReadLock();
        ref readonly Node first = ref guard.Dereference(in typed);
        ref readonly Node second = ref guard.Dereference<Node>(in untyped);
        Assert.True(Rcu.IsNull(in first));
        Assert.True(domain.IsNull(in second));
        Assert.True(guard.DereferencePointer(in typed) == null);
        Assert.True(guard.DereferencePointer(in untyped) == null);

        bool thrown = false;
        try
        {
            _ = first.Value;
        }
        catch (NullReferenceException)
        {
            thrown = true;
        }

        Assert.True(thrown);
    }

    [Fact]
    public void The_guard_of_a_free_section_dereferences_like_any_other()
    {
        using RcuDomain domain = Domains.New();
        Node* node = Node.New(5);
        RcuPointer<Node> pointer = default;
        pointer.Assign(node);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        using (ReadGuard guard = reader.ReadLock())
        {
            Assert.Equal(5, guard.Dereference(in pointer).Value);
        }

        reader.GoOffline();
        NativeMemory.Free(node);
    }

    [Fact]
    public void A_pointer_takes_eight_bytes_and_is_null_by_default()
    {
        Assert.Equal(8, sizeof(RcuPointer<Node>));
        Assert.Equal(8, sizeof(RcuPointer));
        Assert.True(default(RcuPointer<Node>).IsNull);
        Assert.True(default(RcuPointer).IsNull);
    }

    [Fact]
    public void A_typed_pointer_in_unmanaged_memory_is_assigned_exchanged_and_compared()
    {
        RcuPointer<Node>* pointer = (RcuPointer<Node>*)NativeMemory.AllocZeroed((nuint)sizeof(RcuPointer<Node>));
        Node* first = Node.New(1);
        Node* second = Node.New(2);

        Assert.True(pointer->IsNull);
        pointer->Assign(first);
        Assert.False(pointer->IsNull);
        Assert.True(pointer->LoadProtected() == first);
        Assert.True(pointer->Exchange(second) == first);
        Assert.True(pointer->LoadProtected() == second);
        Assert.False(pointer->CompareExchange(null, first));
        Assert.True(pointer->LoadProtected() == second);
        Assert.True(pointer->CompareExchange(first, second));
        Assert.True(pointer->Exchange(null) == first);
        Assert.True(pointer->IsNull);
        Assert.True(pointer->CompareExchange(second, null));
        Assert.True(pointer->LoadProtected() == second);

        NativeMemory.Free(first);
        NativeMemory.Free(second);
        NativeMemory.Free(pointer);
    }

    [Fact]
    public void An_untyped_pointer_in_unmanaged_memory_is_assigned_exchanged_and_compared()
    {
        RcuPointer* pointer = (RcuPointer*)NativeMemory.AllocZeroed((nuint)sizeof(RcuPointer));
        Node* first = Node.New(1);
        Node* second = Node.New(2);

        Assert.True(pointer->IsNull);
        pointer->Assign(first);
        Assert.False(pointer->IsNull);
        Assert.True(pointer->LoadProtected() == first);
        Assert.True(pointer->Exchange(second) == first);
        Assert.False(pointer->CompareExchange(null, first));
        Assert.True(pointer->LoadProtected() == second);
        Assert.True(pointer->CompareExchange(first, second));
        Assert.True(pointer->Exchange(null) == first);
        Assert.True(pointer->IsNull);

        NativeMemory.Free(first);
        NativeMemory.Free(second);
        NativeMemory.Free(pointer);
    }

    [Fact]
    public void A_node_that_refers_to_its_own_kind_is_walked_inside_a_section()
    {
        using RcuDomain domain = Domains.New();
        RcuPointer<Node> head = default;
        for (int i = 0; i < 5; i++)
        {
            Node* node = Node.New(i);
            node->Next.Assign(head.LoadProtected());
            head.Assign(node);
        }

        int sum = 0;
        using (ReadGuard guard = domain.ReadLock())
        {
            ref readonly Node node = ref guard.Dereference(in head);
            while (!Rcu.IsNull(in node))
            {
                sum += node.Value;
                node = ref guard.Dereference(in node.Next);
            }
        }

        Assert.Equal(0 + 1 + 2 + 3 + 4, sum);
        while (!head.IsNull)
        {
            Node* first = head.LoadProtected();
            head.Assign(first->Next.LoadProtected());
            NativeMemory.Free(first);
        }
    }

    private struct Node
    {
        public RcuPointer<Node> Next;
        public int Value;

        public static Node* New(int value)
        {
            Node* node = (Node*)NativeMemory.Alloc((nuint)sizeof(Node));
            *node = new Node { Value = value };
            return node;
        }
    }
}
