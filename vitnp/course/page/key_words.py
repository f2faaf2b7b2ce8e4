"""The texts of the explore page's list of keyboard shortcuts, in both languages. Imports `language`."""

from vitnp.system.language import Text

KEYS = {
    "keys": Text("키보드 단축키", "Keyboard shortcuts"),
    "close": Text("닫기", "Close"),
    "key_arrows": Text("사진에서: 패치 선택", "on the photo: choose a patch"),
    "key_next": Text("다음 텐서", "next tensor"),
    "key_previous": Text("이전 텐서", "previous tensor"),
    "key_layer_more": Text("다음 레이어", "next layer"),
    "key_layer_less": Text("이전 레이어", "previous layer"),
    "key_head_more": Text("다음 헤드", "next head"),
    "key_head_less": Text("이전 헤드", "previous head"),
    "key_mean": Text("헤드 평균 켜고 끄기", "mean of the heads, on or off"),
    "key_gradient": Text("∂loss/∂tensor 켜고 끄기", "∂loss/∂tensor, on or off"),
    "key_map_token": Text("맵: 이 패치의 어텐션", "map: attention of this patch"),
    "key_map_cls": Text("맵: [CLS]의 어텐션", "map: attention of [CLS]"),
    "key_map_rollout": Text("맵: 롤아웃", "map: rollout"),
    "key_map_norm": Text("맵: 노름", "map: norms"),
    "key_class_token": Text("[CLS] 선택", "choose [CLS]"),
    "key_tour": Text("둘러보기", "tour"),
    "key_language": Text("English로 보기", "switch to Korean"),
    "key_theme": Text("밝게, 어둡게", "light or dark"),
    "key_help": Text("이 목록", "this list"),
    "key_escape": Text("둘러보기 나가기, 패치 고정 풀기", "leave the tour; let the patch go"),
}
