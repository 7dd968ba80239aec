using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>Converts between the value of a member and the raw value of a column.</summary>
internal interface IMemberConverter
{
    /// <summary>A getter of the raw value of one constant.</summary>
    Delegate MakeConstantGetter(object value);
}

/// <inheritdoc/>
internal abstract class MemberConverter<TMember, TRaw> : IMemberConverter
{
    /// <summary>Sets the raw value from the member's.</summary>
    public abstract void ToRaw(TMember member, ref TRaw raw);

    /// <summary>Sets the member's value from the raw one, reusing the arrays it already has.</summary>
    public abstract void FromRaw(in TRaw raw, ref TMember member);

    /// <inheritdoc/>
    public Delegate MakeConstantGetter(object value)
    {
        var member = (TMember)value;
        return (ValueGetter<TRaw>)((ref TRaw raw) => ToRaw(member, ref raw));
    }
}

/// <summary>Finds converters.</summary>
internal static class MemberConverter
{
    /// <summary>The converter between members of type <paramref name="member"/> and columns of type <paramref name="column"/>, null if they do not fit.</summary>
    /// <param name="member">The type of the member.</param>
    /// <param name="column">The type of the column.</param>
    /// <param name="zeroBasedKeys">Whether a member that is a single key counts from 0, as one that is read does.</param>
    public static IMemberConverter CreateOrNull(Type member, DataViewType column, bool zeroBasedKeys)
    {
        if (column is not VectorDataViewType vector)
        {
            if (column is TextDataViewType && member == typeof(string))
                return new TextConverter();
            if (member != column.RawType)
                return null;
            return column is KeyDataViewType key && zeroBasedKeys
                ? Make(typeof(KeyConverter<>), member, key.Count)
                : Make(typeof(SameConverter<>), member);
        }
        if (!MemberTypes.TryGetItemType(member, out Type item))
            return null;
        if (vector.ItemType is TextDataViewType && member == typeof(string[]))
            return new ArrayConverter<string, ReadOnlyMemory<char>>(new TextConverter());
        if (item != vector.ItemType.RawType)
            return null;

        // Unlike single keys, those in vectors are raw both ways.
        object itemConverter = Make(typeof(SameConverter<>), item);
        return member.IsArray
            ? (IMemberConverter)Activator.CreateInstance(typeof(ArrayConverter<,>).MakeGenericType(item, item), itemConverter)
            : Make(typeof(VectorConverter<>), item, itemConverter);
    }

    private static IMemberConverter Make(Type generic, Type argument, params object[] arguments) =>
        (IMemberConverter)Activator.CreateInstance(generic.MakeGenericType(argument), arguments);

    private sealed class SameConverter<T> : MemberConverter<T, T>
    {
        public override void ToRaw(T member, ref T raw) => raw = member;

        public override void FromRaw(in T raw, ref T member) => member = raw;
    }

    private sealed class TextConverter : MemberConverter<string, ReadOnlyMemory<char>>
    {
        public override void ToRaw(string member, ref ReadOnlyMemory<char> raw) => raw = member.AsMemory();

        public override void FromRaw(in ReadOnlyMemory<char> raw, ref string member) => member = raw.ToString();
    }

    // A member of v means the raw key v + 1; what is not below the count is missing.
    private sealed class KeyConverter<T>(ulong count) : MemberConverter<T, T>
        where T : IBinaryInteger<T>
    {
        public override void ToRaw(T member, ref T raw) => raw = ulong.CreateTruncating(member) < count ? member + T.One : T.Zero;

        public override void FromRaw(in T raw, ref T member) => member = raw;
    }

    private sealed class ArrayConverter<TItem, TRawItem>(MemberConverter<TItem, TRawItem> items) : MemberConverter<TItem[], VBuffer<TRawItem>>
    {
        public override void ToRaw(TItem[] member, ref VBuffer<TRawItem> raw)
        {
            VBufferEditor<TRawItem> editor = VBufferEditor.Create(ref raw, member?.Length ?? 0);
            for (int i = 0; i < editor.Values.Length; i++)
                items.ToRaw(member[i], ref editor.Values[i]);
            raw = editor.Commit();
        }

        public override void FromRaw(in VBuffer<TRawItem> raw, ref TItem[] member)
        {
            if (member == null || member.Length != raw.Length)
                member = new TItem[raw.Length];
            if (member is TRawItem[] same)
            {
                raw.CopyTo(same);
                return;
            }
            if (!raw.IsDense)
                Array.Clear(member);
            foreach (KeyValuePair<int, TRawItem> item in raw.Items(all: true))
                items.FromRaw(item.Value, ref member[item.Key]);
        }
    }

    private sealed class VectorConverter<T>(MemberConverter<T, T> items) : MemberConverter<VBuffer<T>, VBuffer<T>>
    {
        public override void ToRaw(VBuffer<T> member, ref VBuffer<T> raw)
        {
            member.CopyTo(ref raw);
            VBufferEditor<T> editor = VBufferEditor.CreateFromBuffer(ref raw);
            foreach (ref T value in editor.Values)
                items.ToRaw(value, ref value);
            raw = editor.Commit();
        }

        public override void FromRaw(in VBuffer<T> raw, ref VBuffer<T> member) => raw.CopyTo(ref member);
    }
}
