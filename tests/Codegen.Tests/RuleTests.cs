using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Tests;

// The rules' busted twins: recorded machine code passes, and fails once the subject of a rule has been taken out of it.
public class RuleTests
{
    [Theory]
    [InlineData("arm64")]
    [InlineData("x64")]
    public void Recorded_code_passes(string architecture) =>
        Assert.All(
            Verdict.Of(ObjdumpListing.Parse(architecture == "x64" ? Recorded.X64 : Recorded.Arm64)),
            verdict => Assert.Empty(verdict.Faults));

    // The slot is in x21, the word in x1.
    [Fact]
    public void A_plain_load_of_Started_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__DefaultSection", "ldar x1, [x0]", "ldr x1, [x0]"),
            "DefaultSection",
            "Started is loaded without acquire");

    [Fact]
    public void A_plain_store_of_the_announcement_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__DefaultSection", "stlr x1, [x21]", "str x1, [x21]"),
            "DefaultSection",
            "the announcement is stored without release");

    [Fact]
    public void A_plain_store_of_the_exit_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__DefaultSection", "stlr x1, [x0]", "str x1, [x0]"),
            "DefaultSection",
            "the exit is stored without release");

    [Fact]
    public void A_plain_load_of_the_protected_pointer_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__DefaultSection", "ldar x2, [x2]", "ldr x2, [x2]"),
            "DefaultSection",
            "the protected pointer is loaded without acquire");

    [Fact]
    public void A_missing_fence_of_a_full_section_is_found() =>
        Expect(Recorded.Arm64.Replace("Probe__DefaultSection", "dmb ish", "nop"), "DefaultSection", "no path fences");

    [Fact]
    public void An_announcement_behind_the_section_s_loads_is_found_on_arm64() =>
        Expect(
            Recorded.Arm64.MoveBehind("Probe__DefaultSection", "stlr x1, [x21]", "ldr x19, [x2, #792]"),
            "DefaultSection",
            "a protected pointer is loaded before the announcement");

    // The slot is in rsi, the word in rdx.
    [Fact]
    public void An_announcement_behind_the_section_s_loads_is_found_on_x64() =>
        Expect(
            Recorded.X64.MoveBehind(
                "Probe__DomainSection", "mov qword ptr [rsi], rdx", "mov rbx, qword ptr [rdi + 792]"),
            "DomainSection",
            "a protected pointer is loaded before the announcement");

    [Fact]
    public void A_missing_announcement_is_found() =>
        Expect(
            Recorded.X64.Replace("Probe__DomainSection", "mov qword ptr [rsi], rdx", "nop"),
            "DomainSection",
            "a path neither announces nor calls what does");

    [Fact]
    public void A_load_behind_the_exit_is_found() =>
        Expect(
            Recorded.Arm64.MoveBehind("Probe__DefaultSection", "ldr x19, [x2, #792]", "stlr x1, [x0]"),
            "DefaultSection",
            "a protected load follows the exit");

    [Fact]
    public void A_missing_fence_of_a_full_section_is_found_on_x64() =>
        Expect(Recorded.X64.Replace("Probe__DomainSection", "lock", "nop"), "DomainSection", "no path fences");

    [Fact]
    public void A_plain_load_of_a_lock_s_word_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__LockRead", "ldar x4, [x4]", "ldr x4, [x4]"),
            "LockRead",
            "the lock's word is loaded without acquire");

    [Fact]
    public void An_announcement_behind_the_load_of_a_lock_s_word_is_found() =>
        Expect(
            Recorded.X64.MoveBehind(
                "Probe__LockRead", "mov qword ptr [rsi], rdx", "cmp qword ptr [rcx + 40], 0"),
            "LockRead",
            "the lock's word is not loaded after the announcement");

    [Fact]
    public void A_ticket_behind_the_load_of_a_lock_s_word_is_found() =>
        Expect(
            Recorded.X64.MoveBehind(
                "Probe__LockReadAsync", "mov qword ptr [rax], rdx", "cmp qword ptr [rdx + 40], 0"),
            "LockReadAsync",
            "the lock's word is not loaded after the announcement");

    [Fact]
    public void A_missing_fence_of_a_full_read_of_a_lock_is_found() =>
        Expect(Recorded.Arm64.Replace("Probe__LockRead", "dmb ish", "nop"), "LockRead", "no path fences");

    [Fact]
    public void A_missing_fence_before_a_target_is_found_on_x64() =>
        Expect(
            Recorded.X64.Replace("GracePeriodEngine__NextTarget", "lock", "nop"),
            "NextTarget",
            "no full fence precedes");

    [Fact]
    public void A_missing_fence_before_a_target_is_found_on_arm64() =>
        Expect(
            Recorded.Arm64.Replace("GracePeriodEngine__NextTarget", "dmb ish", "nop"),
            "NextTarget",
            "no full fence precedes");

    // The cursor's place is in x20, the cursor in x0; on x64 in r15 and rdi.
    [Fact]
    public void A_plain_store_of_the_cursor_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__FreeBlock", "stlr x0, [x20]", "str x0, [x20]"),
            "FreeBlock",
            "the cursor is stored without release");

    [Fact]
    public void An_entry_stored_behind_the_cursor_is_found() =>
        Expect(
            Recorded.X64
                .Replace("Probe__FreeBlock", "mov qword ptr [rdi], rbx", "nop")
                .Replace("Probe__FreeBlock", "mov edi, 1", "mov qword ptr [rdi - 8], rbx"),
            "FreeBlock",
            "the entry is not stored before the cursor");

    [Fact]
    public void A_look_at_the_flags_before_the_cursor_is_stored_is_found() =>
        Expect(
            Recorded.X64.MoveBehind(
                "Probe__FreeBlock", "cmp dword ptr [r15 + 40], 16", "mov qword ptr [rdi], rbx"),
            "FreeBlock",
            "AppendFlags is not loaded after the cursor was stored");

    [Fact]
    public void A_load_behind_the_quiescent_state_that_ends_its_section_is_found() =>
        Expect(
            Recorded.Arm64.MoveBehind("Probe__QuiescentState", "ldr x20, [x2, #792]", "stlr x1, [x0]"),
            "QuiescentState",
            "a load of the section before does not precede");

    // The slot is in rbx.
    [Fact]
    public void An_online_section_that_loads_from_its_slot_is_found() =>
        Expect(
            Recorded.X64.Replace(
                "Probe__OnlineSection", "mov qword ptr [rbp - 32], rbx", "mov rax, qword ptr [rbx + 16]"),
            "OnlineSection",
            "a section does more than its loads");

    [Fact]
    public void A_quiescent_state_of_an_online_reader_that_announces_nothing_is_found() =>
        Expect(
            Recorded.X64.Replace("Probe__OnlineQuiescentState", "mov qword ptr [rdi], rax", "nop"),
            "OnlineQuiescentState",
            "a path neither announces nor calls what does");

    [Fact]
    public void A_block_filled_behind_its_publication_is_found() =>
        Expect(
            Recorded.Arm64.MoveBehind("Probe__Publish", "str x2, [x1, #792]", "stlr x1, [x0]"),
            "Publish",
            "the block is published before it is filled");

    [Fact]
    public void A_plain_store_of_the_cell_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__FreeHead", "stlr x21, [x0]", "str x21, [x0]"),
            "FreeHead",
            "the cell is stored without release");

    [Fact]
    public void A_plain_store_of_the_count_is_found() =>
        Expect(
            Recorded.Arm64.Replace("Probe__FreeHead", "stlr x3, [x0]", "str x3, [x0]"),
            "FreeHead",
            "the count is stored without release");

    [Fact]
    public void A_link_stored_behind_the_cell_is_found() =>
        Expect(
            Recorded.Arm64.MoveBehind("Probe__FreeHead", "str x1, [x21]", "stlr x21, [x0]"),
            "FreeHead",
            "the head's link and word are not stored before its cell");

    [Fact]
    public void A_page_linked_before_the_cursor_moves_is_found() =>
        Expect(
            Recorded.Arm64.MoveBehind("PageQueue__Extend", "stlr x2, [x0]", "stlr x1, [x3]"),
            "Extend",
            "the page is linked before the cursor moves");

    [Fact]
    public void A_plain_store_of_the_link_is_found() =>
        Expect(
            Recorded.Arm64.Replace("PageQueue__Extend", "stlr x1, [x3]", "str x1, [x3]"),
            "Extend",
            "the link is stored without release");

    [Fact]
    public void A_probe_that_is_not_in_the_listing_has_failed() =>
        Expect(
            Recorded.X64[..Recorded.X64.IndexOf("Probe__Publish>:", StringComparison.Ordinal)],
            "Publish",
            "its machine code is missing");

    private static void Expect(string listing, string method, string fault) =>
        Assert.Contains(Recorded.Faults(listing, method), found => found.Contains(fault, StringComparison.Ordinal));
}
