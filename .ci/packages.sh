# shellcheck shell=bash disable=SC2154,SC2164 # .ci/run sets what is used here, and steps end at the first failure
# Steps about the packages: their contents, whether they can be reproduced, and whether they work for a user who has
# nothing else.

# Built already. The moment of the commit instead of that of packing, so that two packs of it can be the same.
pack() {
    local dependent
    pack_reproducibly "$work/nupkg" --no-build
    library_package Quiescent buildTransitive/Quiescent.targets
    library_package Quiescent.Collections
    library_package Quiescent.Testing
    tool_package quiescent Quiescent.Tool
    tool_package Quiescent.Top Quiescent.Top
    if nuspec Quiescent | grep '<dependency '; then
        echo 'the package depends on another' >&2
        return 1
    fi
    # They see the library's inside, and so depend on the one version that they were built with.
    for dependent in Quiescent.Collections Quiescent.Testing; do
        nuspec "$dependent" | grep -E '<dependency id="Quiescent" version="\[[^,]+\]"'
        [[ $(nuspec "$dependent" | grep -c '<dependency ') == 1 ]]
    done
}

# pack_reproducibly FOLDER OPTION...: all packages.
pack_reproducibly() {
    local folder=$1 project
    shift
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    export SOURCE_DATE_EPOCH
    for project in src/Quiescent src/Quiescent.Collections src/Quiescent.Testing tools/quiescent tools/Quiescent.Top; do
        dotnet pack -c Release -o "$folder" "$@" "$project"
    done
}

library_package() {
    complete_package "$1" "lib/net10.0/$1.dll" "lib/net10.0/$1.xml" "${@:2}"
    unzip -Z1 "$(package "$1" snupkg)" | grep -Fx "lib/net10.0/$1.pdb"
}

# tool_package PROJECT ID: its notices name each assembly of others in the package, and no assembly that is not there.
tool_package() {
    local folder=tools/$1 id=$2
    complete_package "$id" THIRD-PARTY-NOTICES.txt "tools/net10.0/any/$id.dll"
    unzip -Z1 "$(package "$id" snupkg)" | grep -Fx "tools/net10.0/any/$id.pdb"
    diff <(unzip -Z1 "$(package "$id")" '*.dll' | xargs -n 1 basename | grep -v '^Quiescent\.' | sort) \
        <(grep -o '^[A-Za-z0-9.]*\.dll' "$folder/THIRD-PARTY-NOTICES.txt" | sort)
}

# complete_package ID FILE...: these, and what each package has. A link into the tree leads nowhere in a package's
# readme.
complete_package() {
    local id=$1 content wanted
    shift
    content=$(unzip -Z1 "$(package "$id")")
    for wanted in README.md icon.png "$@"; do
        grep -Fx "$wanted" <<<"$content"
    done
    for wanted in '<license type="expression">MIT<' '<icon>icon.png<' '<readme>README.md<' '<releaseNotes>' \
        '<projectUrl>https://' '<repository type="git" url="https://' "commit=\"$(git rev-parse HEAD)\""; do
        nuspec "$id" | grep -F "$wanted"
    done
    if unzip -p "$(package "$id")" README.md | grep -nP '\]\((?!https://|#)|^\[.*\]: (?!https://)|<img|<!--'; then
        echo "the readme of $id has links into the tree, or HTML" >&2
        return 1
    fi
}

nuspec() {
    unzip -p "$(package "$1")" "$1.nuspec"
}

# The same commit, elsewhere and from the beginning: byte for byte the same packages.
same_packages() {
    git clone --quiet "$tree" "$work/another/place"
    cd "$work/another/place"
    pack_reproducibly "$work/again"
    local made
    for made in "$work"/nupkg/*; do
        cmp "$made" "$work/again/${made##*/}"
    done
}

# consumer FOLDER PACKAGE: what the package's readme tells a new user to do, in an empty folder outside the tree.
consumer() {
    consumer_project "$1" "$2"
    csharp_block "$tree/src/$2/README.md" >Program.cs
    dotnet build -c Release -warnaserror
    timeout -k 10 120 dotnet run -c Release --no-build
}

# consumer_project FOLDER PACKAGE: goes to a new project there that has the package. The only source of packages is the
# folder of those that were built.
consumer_project() {
    mkdir -p "$work/consumers/$1"
    cd "$work/consumers/$1"
    cat >nuget.config <<'CONFIG'
<configuration>
  <packageSources>
    <clear />
    <add key="built" value="../../nupkg" />
  </packageSources>
</configuration>
CONFIG
    dotnet new console
    dotnet add package "$2"
    sed -i 's#<OutputType>#<AllowUnsafeBlocks>true</AllowUnsafeBlocks>&#' "$1.csproj"
}

readme_example() {
    diff <(readme_block example) <(csharp_block src/Quiescent/README.md)
    consumer Example Quiescent
}

# The same program as native code, with all of the library in it, to find code that cannot be trimmed or compiled. The
# compiler itself is in the cache since RouteTable was published.
readme_example_ahead_of_time() {
    cd "$work/consumers/Example"
    sed -i 's#</Project>#<ItemGroup><TrimmerRootAssembly Include="Quiescent" /></ItemGroup>&#' Example.csproj
    dotnet publish -c Release --use-current-runtime -warnaserror -p:PublishAot=true -p:TrimmerSingleWarn=false \
        -o published
    if [[ -e published/Example.dll ]]; then
        echo 'published, but not as native code' >&2
        return 1
    fi
    timeout -k 10 120 published/Example
}

# In an unsafe context the compiler only warns of references that outlive what they refer to, and of copies
# dereferenced. The package makes these warnings errors, also for a project that has it through another package; a
# property leaves them warnings.
lifetime_errors() {
    local expected='CS9080 CS9082 CS9085 CS9087 CS9091 CS9193'
    consumer_project Mistaken Quiescent.Testing
    cp "$tree/.ci/LifetimeMistakes.cs" Program.cs
    [[ $(exits_with 1 dotnet build -c Release | diagnostics error) == "$expected" ]]
    [[ $(dotnet build -c Release -p:QuiescentLifetimeErrors=false | diagnostics warning) == "$expected" ]]
    sed -i 's#<AllowUnsafeBlocks>#<QuiescentLifetimeErrors>false</QuiescentLifetimeErrors>&#' Mistaken.csproj
    [[ $(dotnet build -c Release --no-incremental | diagnostics warning) == "$expected" ]]
}

# diagnostics SEVERITY: the codes that the compiler reported, each once.
diagnostics() {
    grep -oP "(?<=: $1 )CS[0-9]+" | sort -u | paste -sd ' '
}

testing_example() {
    consumer Tested Quiescent.Testing
}

# The tools, installed from their packages as a user would.
installed_tools() {
    local tool=$work/tool/quiescent top=$work/tool/quiescent-top command
    dotnet tool install --tool-path "$work/tool" --add-source "$work/nupkg" Quiescent.Tool
    dotnet tool install --tool-path "$work/tool" --add-source "$work/nupkg" Quiescent.Top
    "$tool" --version
    exits_with 2 "$tool"
    for command in torture litmus mutants scale claims; do
        "$tool" --help | grep "^  $command "
        "$tool" "$command" --help | grep -F "quiescent $command"
    done
    timeout -k 10 60 "$tool" torture --scenario primitives --seconds 2
    "$top" --version
    "$top" --help | grep -F 'quiescent-top [options]'
    exits_with 2 "$top" --interval 0
}

# package ID [KIND]: the one that was made of it, nupkg or snupkg.
package() {
    local found=("$work/nupkg/$1".[0-9]*."${2:-nupkg}")
    [[ -e ${found[0]} && ${#found[@]} == 1 ]] || { echo "not one package of $1: ${found[*]}" >&2; return 1; }
    printf '%s\n' "${found[0]}"
}
